#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Marks of <pctab/mark.h> and <pctab/asm.h> in generated C and assembly, in the finished program: at each byte of its
# functions UnsafePoint and its startpc are what labels in the symbol table say, and each stretch begins where objdump sees
# an instruction.  MARKS: how many are written for amd64 (10,000); for each of the others, which are linked and never run, a
# third as many.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
need perl readelf
marks=${MARKS:-10000}
# check WHAT MARKS ARCH
check () {
  mkdir -p "$3"
  run perl "$tap_src/t/oracle/marks.pl" --dir="$tmp/$3" --include="$tap_src/include" --dump="$pctab_dump" --flags="$flags" \
    --marks="$2" --seed="${SEED:-1}" "$3"
  case $out in
    *'# SKIP'*) skip "$1" "${out#*# SKIP }" ;;
    *)
      ok "$status" "$1: a program with $2 marks"
      diag "$(printf "%s\n" "$out" | sed '/^1\.\./d; s/^\(not \)*ok 1 - //')"
      succeeds "$1: verifies" "$tap_build/verify/pctab-verify" -q "$3/$3" ;;
  esac
  rm -rf "${tmp:?}/$3"
}
check "amd64" "$marks" amd64
for arch in amd64-clang 386 arm64 arm riscv64 s390x ppc64le mips; do
  check "$arch" "$((marks / 3))" "$arch"
done
done_testing
