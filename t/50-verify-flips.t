#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# 20,000 tables of several programs with one bit flipped.  As they are, verify finds each.  With the digests made right, so
# that only the rules are left: what symtab's reader refuses verify finds, and what verify takes both answer alike.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
agree=$tap_build/t/tool/readers_agree
make=$tap_build/t/tool/table_make
random=$tap_build/t/tool/pcdata_check
[ -x "$agree" ] && [ -x "$make" ] && [ -x "$random" ] || skip_all "t/tool/readers_agree, table_make and pcdata_check are not built"

# flips FILE COUNT SEED WHAT
flips () {
  run "$agree" flips "$1" "$2" "$3"
  ok "$status" "$4"
  diag "$out"
}
cat >a.c <<'X'
static inline int twice (int v) { return 2 * v; }
int f (int v) { return v ? twice (v) : f (v + 1); }
void _start (void) { for (;;) f (3); }
X
# shellcheck disable=SC2086
"$CC" -O1 -g -nostdlib -static a.c -o bare $flags && flips bare 9000 1 'a bare program'
# shellcheck disable=SC2086
"$CC" -O2 -g "$tap_src/t/bench/pair.c" -o pair $flags && flips pair 4000 2 'a small program with inlined calls'
for o in '' --big --32; do
  # shellcheck disable=SC2086
  "$make" made $o && flips made 1000 3 "a table with some of everything $o"
done
for i in $(seq 1 8); do
  "$random" write random "$i" && flips random 500 "$i" "random model $i"
done
done_testing
