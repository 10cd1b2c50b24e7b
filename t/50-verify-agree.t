#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Two readers, written apart: verify's arrays and symtab's lookups give the same answer at every PC: frames, names, lines,
# inlined calls, pcdata values, flags and reasons; of real programs, of foreign machines, of random models.  And encoded
# again, what verify's reader decoded is the same bytes.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
agree=$tap_build/t/tool/readers_agree
random=$tap_build/t/tool/pcdata_check
make=$tap_build/t/tool/table_make
verify=$tap_build/verify/pctab-verify
[ -x "$agree" ] && [ -x "$random" ] && [ -x "$make" ] || skip_all "t/tool/readers_agree, pcdata_check and table_make are not built"

# both FILE WHAT: at every PC, and no finding.
both () {
  run "$agree" all "$1"
  ok "$status" "$2: the same answers"
  diag "$out"
  run "$verify" "$1"
  ok "$status" "$2: nothing is found, encoded again it is the same"
  [ "$status" = 0 ] || diag "$out"
}

for o in '' --big --32; do
  # shellcheck disable=SC2086
  "$make" made $o && both made "a table with some of everything $o"
done

# Random marks break the rules about marks; those alone.
bad=0
for i in $(seq 1 60); do
  "$random" write random "$i" && "$agree" all random >out 2>&1 || { bad=$((bad + 1)); diag "seed $i" "$(cat out)"; }
  "$verify" random >out 2>&1
  [ $? -le 1 ] && ! grep '\[P[^M]' out >wrong || { bad=$((bad + 1)); diag "seed $i" "$(cat out)"; }
done
is "$bad" 0 '60 random models with pcdata tables, of all machines and both byte orders'

cat >a.c <<'X'
#include <stdio.h>
#include <alloca.h>
static inline int twice (int v) { return 2 * v; }
static inline int clamp (int v) { return v < 0 ? 0 : v > 1000 ? twice (v) % 1000 : v; }
int room (int n) { char *p = alloca (n); for (int i = 0; i < n; i++) p[i] = (char) clamp (i); return p[n / 2]; }
int main (int argc, char **argv) { (void) argv; printf ("%d\n", room (argc + 9) + twice (argc)); return 0; }
X
cnt=0
for target in x86_64 i686 aarch64 riscv64 s390x powerpc64le mipsel arm; do
  cc=$target-linux-gnu-gcc
  [ $target = arm ] && cc=arm-linux-gnueabihf-gcc
  if ! have $cc; then
    skip "$target" "$cc is not installed"
    continue
  fi
  # shellcheck disable=SC2086
  "$cc" -O2 -g a.c -o prog $flags && both prog "$target"
  cnt=$((cnt + 1))
done
diag "$cnt of 8 machines"

corpus=${PCTAB_CORPUS:-$tap_build/t/corpus}
for name in lua sqlite cxx; do
  run sh "$tap_src/t/corpus/build.sh" "$corpus" "$name"
  if [ "$status" = 77 ]; then
    skip "$name" "$(printf '%s\n' "$out" | tail -n 1)"
    continue
  fi
  # shellcheck disable=SC2086
  OUT=$tmp/$name sh "$corpus/$name/link.sh" $flags >log 2>&1 && both "$name" "$name"
  rm -f "$name"
done
done_testing
