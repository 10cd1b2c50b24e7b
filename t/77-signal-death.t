#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A program whose signal has an owner that says "go on" dies as without: a tracer sees the same siginfo at its end, and
# the wait status is the same.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
need timeout

# compare NAME COMPILER...
compare () {
  local name=$1
  shift
  "$@" -O1 -pthread "$tap_src/t/data/signal/death.c" -o "plain-$name" 2>err &&
    "$@" -O1 -pthread -DOURS -D_GNU_SOURCE -fvisibility=hidden -I"$tap_src/runtime" "$tap_src/t/data/signal/death.c" \
      "$tap_src"/runtime/signal.c "$tap_src"/runtime/signal_default.c "$tap_src"/runtime/signal_wrap.c -o "ours-$name" 2>>err
  ok $? "$name: compiles"
  [ -x "ours-$name" ] || { diag "$(cat err)"; return; }
  timeout 60 "./plain-$name" >plain.out
  timeout 60 "./ours-$name" >ours.out
  if grep -q '^fault: 0 ' plain.out; then
    skip "$name" 'nothing may be traced here'
    return
  fi
  is "$(cat ours.out)" "$(cat plain.out)" "$name: $(wc -l <plain.out) ways to die are the same"
  is "$(grep -c 'status [1-9a-f]' ours.out)" "$(($(wc -l <plain.out) - 1))" "$name: and it dies, but once"
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
done_testing
