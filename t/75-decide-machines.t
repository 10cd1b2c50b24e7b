#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# 75-decide-callbacks.t on the other machines, under qemu-user: static programs, whose tables know libc where it has call
# frame information (arm's has none), decide at their own signals, with LR and the registers as their kernel hands them
# over.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
# shellcheck source=SCRIPTDIR/lib/unwind.sh
. "$tap_src/t/lib/unwind.sh"
need pkg-config timeout
built_library
library_sources="$library_sources runtime/decide runtime/decide_end runtime/decide_resume runtime/decide_verdict"
data=$tap_src/t/data/decide

cnt=0
# machine TRIPLET QEMU
machine () {
  local cc=$1-gcc name want
  if ! have "$cc" "$2"; then
    skip "$1" "$cc or $2 is not installed"
    return
  fi
  cnt=$((cnt + 1))
  rm -f lib.a prog
  compile_library lib.a "$cc" -O1 2>err
  ok $? "$1: the library is compiled"
  is "$(cat err)" '' "$1: in silence"
  # shellcheck disable=SC2086
  run "$cc" -O2 -g -D_GNU_SOURCE -DWITHOUT_DLOPEN -DWITHOUT_IMPORT $include -static "$data/callbacks.c" -o prog "$flags" \
    lib.a -pthread
  if [ "$status" != 0 ]; then
    ok 1 "$1: links"
    diag "$out"
    return
  fi
  run timeout 100 "$2" ./prog
  is "$status" 0 "$1: runs to its end"
  diag "$out"
  while read -r name want; do
    like "$out" "^$name $want\$" "$1: $name: $want"
  done <<END
plain-loop OK 1
deep-loop OK 21
qsort-callback CALLER_(NOPREEMPT|UNKNOWN) 1
pthread-once CALLER_(NOPREEMPT|UNKNOWN) 1
atexit-handler CALLER_(NOPREEMPT|UNKNOWN) 1
own-handler MASKED 0
own-handler-nodefer CALLER_SIGNAL 1
handler-on-its-stack OTHER_STACK 0
coroutine OTHER_STACK 0
coroutine-inside CALLER_(UNKNOWN|NOPREEMPT|SIGNAL) 1
thread-local NOPREEMPT 0
unsafe-range UNSAFE_POINT 0
unsafe-caller CALLER_UNSAFE 1
blocked-signal MASKED 0
END
}
machine i686-linux-gnu qemu-i386
machine aarch64-linux-gnu qemu-aarch64
machine arm-linux-gnueabihf qemu-arm
machine riscv64-linux-gnu qemu-riscv64
machine s390x-linux-gnu qemu-s390x
machine powerpc64le-linux-gnu qemu-ppc64le
machine mipsel-linux-gnu qemu-mipsel
diag "$cnt of 7 machines"
done_testing
