#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The same as 70-module-import.t for other machines' C libraries, under qemu's user mode: functions and rows are readelf's.
# The library is compiled here.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
need perl readelf

# What libpctab has, but decisions, unwinding and signals.
sources=$(sed -n '/libpctab_la_SOURCES/,/[^\\]$/p' "$tap_src/runtime/Makefile.inc" | sed 's/[ \\]//g; s|^%D%|runtime|' |
  grep '\.c$' | grep -Ev '^runtime/(arch|decide|unwind|stack|backtrace|signal|altstack|stay|crash)')

# try ARCH QEMU: its libc.
try () {
  local arch=$1 qemu=$2 root=/usr/$1 lib f libs cnt=0
  if ! have "$arch-gcc" || ! have "$qemu"; then
    skip "$arch" "$arch-gcc or $qemu is not installed"
    return
  fi
  mkdir "$arch"
  # shellcheck disable=SC2086
  (cd "$arch" && for f in $sources; do echo "$tap_src/$f"; done |
    xargs "$arch-gcc" -O0 -pipe -std=gnu11 -D_GNU_SOURCE -I"$tap_src/include" -I"$tap_src/symtab" \
      -I"$tap_src/runtime" -pthread -rdynamic -o import_print "$tap_src/t/tool/import_print.c")
  ok $? "$arch: the library"
  printf '#!/bin/sh\nexec %s -L %s %s "$@"\n' "$qemu" "$root" "$PWD/$arch/import_print" >"$arch/print"
  chmod +x "$arch/print"
  run "$arch/print" modules
  like "$out" '^made [1-9][0-9]*, again 0$' "$arch: files are imported"
  libs=$(printf '%s\n' "$out" | awk '$3 == "imported" && $1 ~ /\/libc/ { print $1 }')
  for lib in $libs; do
    [ -e "$root$lib" ] && lib=$root$lib
    [ "$(readelf -SW "$lib" | grep -c ' \.eh_frame_hdr ')" = 1 ] || continue
    succeeds "$arch: ${lib##*/}" perl "$tap_src/t/oracle/frames.pl" "$arch/print" "$lib"
    diag "$(printf '%s\n' "$out" | tail -n 1)"
    cnt=$((cnt + 1))
  done
  [ $cnt != 0 ] || diag "$arch: no .eh_frame" "$out"
}
try aarch64-linux-gnu qemu-aarch64
try riscv64-linux-gnu qemu-riscv64
try s390x-linux-gnu qemu-s390x
try powerpc64le-linux-gnu qemu-ppc64le
try i686-linux-gnu qemu-i386
try arm-linux-gnueabihf qemu-arm
try mipsel-linux-gnu qemu-mipsel
done_testing
