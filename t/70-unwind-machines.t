#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The walks of 70-unwind-walks.t and 70-unwind-hostile.t on other machines, under qemu's user mode (i386: natively), in static programs.
# arm: in ARM code, since Thumb's functions with a frame pointer have it in r7, whose caller's value tables don't say.
# shellcheck source=SCRIPTDIR/lib/unwind.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
. "$tap_src/t/lib/unwind.sh"
need pkg-config timeout
built_library
cnt=0

# machine TRIPLET QEMU FLAG...
machine () {
  local triplet=$1 cc=$1-gcc qemu=$2 level
  shift 2
  if ! have "$cc" "$qemu"; then
    skip "$triplet" "$cc or $qemu is not installed"
    return
  fi
  cnt=$((cnt + 1))
  rm -f lib.a
  compile_library lib.a "$cc" -O1 -fPIC 2>err
  ok $? "$triplet: the library is compiled"
  is "$(cat err)" '' "$triplet: in silence"
  for level in -O0 -O2; do
    # shellcheck disable=SC2086
    "$cc" "$@" $level -g -w -pthread -static $include "$data/walks.c" -o prog $flags lib.a
    ok $? "$triplet $level: links"
    counts "$triplet $level" "$qemu" ./prog
  done
  # shellcheck disable=SC2086
  "$cc" "$@" -O1 -g -w -pthread -static $include "$data/hostile.c" -o prog $flags lib.a
  counts "$triplet" "$qemu" ./prog 1 400
}
[ "$(uname -m)" = x86_64 ] && i386=env || i386=qemu-i386
machine i686-linux-gnu $i386
machine aarch64-linux-gnu qemu-aarch64
machine arm-linux-gnueabihf qemu-arm -marm
machine riscv64-linux-gnu qemu-riscv64
machine s390x-linux-gnu qemu-s390x
machine powerpc64le-linux-gnu qemu-ppc64le
machine mipsel-linux-gnu qemu-mipsel
diag "$cnt of 7 machines"
done_testing
