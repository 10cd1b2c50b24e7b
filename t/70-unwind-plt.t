#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# From each instruction of a PLT, PLT0 and a lazy binding's way included, the walk goes to the function that called.
# shellcheck source=SCRIPTDIR/lib/unwind.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
. "$tap_src/t/lib/unwind.sh"
. "$tap_src/t/lib/crash.sh"
need readelf timeout
case $(uname -m) in x86_64) ;; *) skip_all 'PLT entries are known on x86 alone' ;; esac
built_library

# plt WHAT CC LIBRARY FLAG...: the program, its PLT sections given to it.
plt () {
  local what=$1 cc=$2 lib=$3 kind sections
  shift 3
  # shellcheck disable=SC2086
  if ! $cc -O2 -w -D_GNU_SOURCE $include "$data/plt.c" -o prog "$@" $flags $lib -pthread 2>err; then
    ok 1 "$what: links"
    diag "$(head -n 3 err)"
    return
  fi
  kind=fixed
  readelf -hW prog | grep -q 'Type: *DYN' && kind=pie
  sections=$(readelf -SW prog | perl -ne 'printf "%x %x ", hex $1, hex ($1) + hex $2 if /\] \.plt\S*\s+PROGBITS\s+(\S+)\s+\S+\s+(\S+)/')
  # shellcheck disable=SC2086
  counts "$what" ./prog $kind $sections
}
for bind in lazy now; do
  plt "$bind" "$CC" "$library" -Wl,-z,$bind
  plt "$bind, landing pads" "$CC" "$library" -Wl,-z,$bind -fcf-protection=full -Wl,-z,ibtplt
  plt "$bind, fixed" "$CC" "$library" -Wl,-z,$bind -no-pie -fno-pie
done
m32="$CC -m32 -idirafter /usr/include/x86_64-linux-gnu"
if printf '#include <stdlib.h>\n' | $m32 -x c -c -o /dev/null - 2>/dev/null && library_for lib32 $m32; then
  for kind in '-pie -fPIE' '-no-pie -fno-pie'; do
    # shellcheck disable=SC2086
    plt "32 bits $kind" "$m32" lib32/libpctab.a -Wl,-z,lazy $kind
  done
else
  skip '32 bits' 'gcc -m32 is missing'
fi
done_testing
