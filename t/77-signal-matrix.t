#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A signal with an owner is, to the program, as one without: every way to install a handler x every way a signal comes,
# the handler installed before and after ours, beside the same program without us.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
need timeout

program=$tap_src/t/data/signal/matrix.c

# compare NAME FLAGS...
compare () {
  local name=$1 when
  shift
  "$CC" "$@" -O1 -pthread "$program" -o "plain-$name" 2>err && "$CC" "$@" -O1 -pthread -DOURS -D_GNU_SOURCE -fvisibility=hidden \
    -I"$tap_src/runtime" -I"$tap_src/include" "$program" "$tap_src"/runtime/signal*.c -o "ours-$name" 2>>err
  ok $? "$name: compiles"
  [ -x "ours-$name" ] || { diag "$(cat err)"; return; }
  for when in before after; do
    timeout 60 "./plain-$name" $when >plain.out 3>/dev/null
    timeout 60 "./ours-$name" $when >ours.out 3>owner.out
    cmp -s plain.out ours.out
    ok $? "$name: installed $when ours: $(tail -n 1 plain.out), $(wc -l <plain.out) lines, are the same"
    diff plain.out ours.out >differ || diag "$(head -n 20 differ)"
    is "$(tail -n 1 ours.out | grep -cE '^[1-9][0-9]{2,} cases$')" 1 "$name: it came to the end"
    is "$(grep -c UNBLOCKED owner.out)" 0 "$name: owners run with all signals blocked"
    is "$(sort -u owner.out | awk '{ print $1, $3 }' | sort | uniq -c | awk '{ print $1, $2, $3 }' | tr '\n' ';')" \
      '4 first default;4 first returned;4 second default;' "$name: each owner is called when it wants to be, for each signal"
  done
}
compare dynamic
compare static -static
if printf '#include <stdlib.h>\n' | "$CC" -m32 -x c -c -o /dev/null - 2>/dev/null; then
  compare m32 -m32 -idirafter /usr/include/x86_64-linux-gnu
else
  skip 'with 32 bits' 'gcc -m32 is missing'
fi
done_testing
