#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# <pctab/build.h> makes the bytes that the linker's encoder makes of the same functions, rules, values and lines, for all
# architectures and both byte orders; what contradicts itself is refused with function and offset; both readers take
# whatever comes out.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
check=$tap_build/t/tool/builder_check
[ -x "$check" ] || skip_all 't/tool/builder_check is not built'
succeeds 'random programs: the same bytes' "$check" random 96 1
diag "$out"
succeeds 'calls with random numbers: a table or a message' "$check" hostile 4000 1
diag "$out"
succeeds 'each allocation failing: MEMORY' "$check" memory 6 1
diag "$out"
succeeds 'calls that contradict each other' "$check" errors
diag "$(printf '%s\n' "$out" | tail -n 1)"
[ $status = 0 ] || diag "$out"

# .eh_frame: of a program of this machine, and of those that can be assembled here.
succeeds 'the .eh_frame of pctab-dump: the bytes of the importer'"'"'s model' "$check" eh_frame "$pctab_dump"
diag "$out"
succeeds 'damaged: a table or a message' "$check" eh_frame "$pctab_dump" 150 1
diag "$out"
for arch in aarch64-linux-gnu arm-linux-gnueabihf i686-linux-gnu mipsel-linux-gnu powerpc64le-linux-gnu \
            riscv64-linux-gnu s390x-linux-gnu; do
  if ! have "$arch-gcc"; then
    skip "$arch" "$arch-gcc is not installed"
    continue
  fi
  echo 'int f (int *v, int n) { int a[n]; int s = 0; for (int i = 0; i < n; i++) s += a[i] = v[i] * i; return s + a[n / 2]; }
    int main (int argc, char **argv) { return f ((int *) argv, argc); }' >p.c
  "$arch-gcc" -O1 -fasynchronous-unwind-tables -o "$arch" p.c 2>err || { skip "$arch" "$arch-gcc can't link"; continue; }
  succeeds "$arch: .eh_frame" "$check" eh_frame "$arch"
  diag "$out"
  succeeds "$arch: damaged" "$check" eh_frame "$arch" 500 1
  diag "$out"
done
done_testing
