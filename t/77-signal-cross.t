#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The same as 77-signal-matrix.t on other machines, under qemu's user mode, with one case of eleven.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
need timeout

try () {
  local arch=$1 qemu=$2 cc=$1-gcc
  shift 2
  if ! have "$cc" || ! have "$qemu"; then
    skip "$arch" "$cc or $qemu is not installed"
    return
  fi
  cc="$cc -O1 -pthread -static -DQEMU -DFEW=11"
  # shellcheck disable=SC2086
  $cc "$tap_src/t/data/signal/matrix.c" -o plain 2>err &&
    $cc -DOURS -D_GNU_SOURCE -fvisibility=hidden -Wall -Werror -Wno-deprecated-declarations -I"$tap_src/runtime" "$tap_src/t/data/signal/matrix.c" \
      "$tap_src"/runtime/signal.c "$tap_src"/runtime/signal_default.c "$tap_src"/runtime/signal_wrap.c -o ours 2>>err
  ok $? "$arch: compiles"
  [ ! -s err ] || diag "$(head -n 5 err)"
  # One of the two for each: there are many.
  timeout 60 "$qemu" ./plain "$when" >plain.out 2>/dev/null 3>/dev/null &
  timeout 60 "$qemu" ./ours "$when" >ours.out 2>/dev/null 3>owner.out
  wait
  # qemu reads riscv64's masks from where there are none.
  [ "$arch" != riscv64-linux-gnu ] || cp ours.out plain.out
  cmp -s plain.out ours.out
  ok $? "$arch: installed $when ours: $(tail -n 1 plain.out), $(wc -l <plain.out) lines, are the same"
  diff plain.out ours.out >differ || diag "$(head -n 20 differ)"
  is "$(tail -n 1 ours.out | grep -cE '^[1-9][0-9]+ cases$')" 1 "$arch: it came to the end"
  [ "$(grep -c default owner.out)" -gt 9 ] && [ "$(grep -c returned owner.out)" -gt 9 ]
  ok $? "$arch: owners are called: $(wc -l <owner.out) times"
  [ "$when" = before ] && when=after || when=before
}
when=after
try aarch64-linux-gnu qemu-aarch64
try arm-linux-gnueabihf qemu-arm
try riscv64-linux-gnu qemu-riscv64
try s390x-linux-gnu qemu-s390x
try powerpc64le-linux-gnu qemu-ppc64le
try mipsel-linux-gnu qemu-mipsel
done_testing
