#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# In real programs, dynamic (with tables for libc and without), static and static-pie: a thread is refused where it is
# inside a callback of the C library, a constructor under dlopen(), an atexit handler, a handler of its own, on another
# stack, at marked places; accepted in its own loops, and sent back to the start of a restart range.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"

lib=$tap_build/runtime/.libs/libpctab.a
data=$tap_src/t/data/decide
[ -f "$lib" ] || skip_all 'runtime/libpctab.a is not built'
[ -z "${SANITIZE:-}" ] || skip_all 'the library has sanitizers in it'

build () {
  local out=$1
  shift
  "$CC" -O2 -g -D_GNU_SOURCE -I"$tap_src/include" "$@" "$data/callbacks.c" "$lib" -pthread "$flags" -o "$out"
}

# verdicts WHAT CALLER COMMAND...: CALLER: what a caller in libc is.
verdicts () {
  local what=$1 caller=$2
  shift 2
  run "$@"
  is "$status" 0 "$what: runs to its end"
  diag "$out"
  while read -r name want; do
    case $name in
    dlopen-constructor) case $what in *static*) continue ;; esac ;;
    restart-range) case $(uname -m) in x86_64 | i?86) ;; *) continue ;; esac ;;
    esac
    like "$out" "^$name $want\$" "$what: $name: $want"
  done <<END
plain-loop OK 1
deep-loop OK 21
restart-range OK 1
qsort-callback $caller 1
pthread-once $caller 1
dlopen-constructor $caller 1
atexit-handler $caller 1
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

succeeds 'a library' "$CC" -O2 -g -fPIC -shared "$data/plugin.c" "$flags" -o plugin.so
succeeds 'a program' build dynamic -rdynamic
if [ "$status" = 0 ]; then
  verdicts dynamic CALLER_UNKNOWN ./dynamic ./plugin.so
  verdicts 'with tables for libc' CALLER_NOPREEMPT ./dynamic --import ./plugin.so
fi
for how in -static -static-pie; do
  succeeds "a program, $how" build "./program$how" $how -DWITHOUT_DLOPEN
  [ "$status" = 0 ] && verdicts "$how" CALLER_NOPREEMPT "./program$how"
done
done_testing
