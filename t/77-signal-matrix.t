#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A signal with an owner is, to the program, as one without: every way to install a handler x every way a signal comes,
# the handler installed before and after ours, beside the same program without us.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
# shellcheck source=SCRIPTDIR/lib/module.sh
. "$tap_src/t/lib/module.sh"
need timeout awk pkg-config

program=$tap_src/t/data/signal/matrix.c
ours="-DOURS -D_GNU_SOURCE -fvisibility=hidden -I$tap_src/runtime -I$tap_src/include $tap_src/runtime/signal.c
  $tap_src/runtime/signal_default.c $tap_src/runtime/signal_wrap.c"

# same NAME: what they say.
same () {
  cmp -s plain.out ours.out
  ok $? "$1: $(tail -n 1 plain.out), $(wc -l <plain.out) lines, are the same"
  diff plain.out ours.out >differ || diag "$(head -n 20 differ)"
  is "$(tail -n 1 ours.out | grep -cE '^[1-9][0-9]+ cases$')" 1 "$1: it came to the end"
}

# compare NAME COMPILER...
compare () {
  local name=$1 when
  shift
  # shellcheck disable=SC2086
  "$@" -O1 -pthread "$program" -o "plain-$name" 2>err && "$@" -O1 -pthread "$program" $ours -o "ours-$name" 2>>err
  ok $? "$name: compiles"
  [ -x "ours-$name" ] || { diag "$(cat err)"; return; }
  for when in before after; do
    timeout 60 "./plain-$name" $when >plain.out 3>/dev/null &
    timeout 60 "./ours-$name" $when >ours.out 3>owner.out
    wait
    same "$name: installed $when ours"
    is "$(grep -c UNBLOCKED owner.out)" 0 "$name: owners run with all signals blocked"
    is "$(sort -u owner.out | awk '{ print $1, $3 }' | sort | uniq -c | awk '{ print $1, $2, $3 }' | tr '\n' ';')" \
      '4 first default;4 first returned;4 second default;' "$name: each owner is called when it wants to be, for each signal"
  done
}

# with_library NAME FLAGS...: the built library, its crash handler the owner.
with_library () {
  local name=$1
  shift
  # shellcheck disable=SC2086
  succeeds "$name: compiles" "$CC" -O1 -DLIBRARY -pthread $include "$program" "$@" -o "ours-$name" || return
  timeout 60 ./plain-dynamic after >plain.out 3>/dev/null &
  timeout 60 "./ours-$name" after >ours.out 3>owner.out
  wait
  same "$name"
  like "$(cat owner.out)" '^SIGSEGV: ' "$name: the crash handler is the owner"
}

compare dynamic "$CC"
compare static "$CC" -static
m32="$CC -m32 -idirafter /usr/include/x86_64-linux-gnu"
# shellcheck disable=SC2086
if printf '#include <stdlib.h>\n' | $m32 -x c -c -o /dev/null - 2>/dev/null; then
  compare m32 $m32
else
  skip 'with 32 bits' 'gcc -m32 is missing'
fi
built_library
# shellcheck disable=SC2086
{
  with_library shared $library
  with_library archive -static $archive
}
done_testing
