#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Both widths, both byte orders, eight machines: nothing is found in what their compilers make, and of each kind of rule one
# change is.
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
. "$tap_src/t/lib/verify.sh"
need perl

cat >p.c <<'EOC'
#include <stdio.h>
#include <stdlib.h>
int __attribute__ ((noinline)) sum (int n) { int s = 0; for (int i = 0; i < n; i++) s += rand (); return s; }
int main (int argc, char **argv) { printf ("%d %s\n", sum (argc), argv[0]); return 0; }
EOC
cnt=0
target () { # TRIPLET WHAT-LIBDW-DOES-NOT-KNOW
  local cc=$1-gcc none=${2-} mode
  if ! have "$cc"; then
    skip "$1" "$cc is not installed"
    return
  fi
  cnt=$((cnt + 1))
  for mode in '-pie -fPIE' -static; do
    # shellcheck disable=SC2086
    succeeds "$1 $mode: is linked" "$cc" -gdwarf-4 -O2 $mode p.c -o good $flags || continue
    is "$(rules_of good)" "$none" "$1 $mode: ${none:-nothing} is found"
    for change in 'PE105 segment .pctab flags=6' 'PE203 bytes .text+5 a5' 'PE204 flip .note.gnu.build-id+20' \
      'PX202 string .debug_line p.c q.c'; do
      cp good broken
      # shellcheck disable=SC2086
      edit broken ${change#* }
      # shellcheck disable=SC2086
      is "$(rules_of broken)" "$(printf '%s\n' ${change%% *} $none | sort | tr '\n' ' ' | sed 's/ $//')" "$1 $mode: ${change%% *}"
    done
  done
}
target x86_64-linux-gnu
target i686-linux-gnu
target aarch64-linux-gnu
target arm-linux-gnueabihf
target riscv64-linux-gnu
target s390x-linux-gnu
target powerpc64le-linux-gnu
target mipsel-linux-gnu PX110
diag "$cnt of 8 targets"
done_testing
