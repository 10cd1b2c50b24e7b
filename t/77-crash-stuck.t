#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A crash whose report can't be written, or whose tables are gone, ends all the same, and soon.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
# shellcheck source=SCRIPTDIR/lib/module.sh
. "$tap_src/t/lib/module.sh"
# shellcheck source=SCRIPTDIR/lib/crash.sh
. "$tap_src/t/lib/crash.sh"
need pkg-config
built_library
"$CC" -O1 "$crash_src/status.c" -o status || exit 99
# shellcheck disable=SC2086
succeeds 'compiles' "$CC" -O2 -g -pthread $include "$crash_src/stuck.c" -o stuck $library $flags

# dies WHAT HOW
dies () {
  crash 30 ./stuck "$1"
  is "${ended% core}" "$2" "$1: $2"
}
dies 'full pipe' 'signal 11'
dies 'no reader' 'signal 11'
dies closed 'signal 11'
dies 'little memory' 'signal 11'
reports 'little memory: says where' '^SIGSEGV: ' 'main\+0x'
dies 'no descriptors' 'signal 11'
reports 'no descriptors: says where' '^SIGSEGV: ' 'main\+0x'
dies 'table unmapped' 'signal 11'
reports 'table unmapped: says so' '^SIGSEGV: ' '^SIG(SEGV|BUS) in the crash handler itself, address 0x[0-9a-f]+: the rest is left out$'
dies 'table smashed' 'signal 11'
reports 'table smashed: says what it can' '^SIGSEGV: ' '^#0 0x'
dies 'own altstack' 'exit 0'
dies twice 'exit 0'
dies 'stack use' 'exit 0'
used=$(cat out)
[ "$used" -gt 1000 ] && [ "$used" -lt 32768 ]
ok $? "a report takes $used bytes of the alternate stack, with the kernel's frame: under a half of PCTAB_ALTSTACK_BYTES"

# object NAME: the shared library's.
object () {
  ls "$library_dir/libpctab_la-$1.o" "$library_dir/$1.o" 2>/dev/null | head -n 1
}
# Nothing is asked of the environment.
for name in crash crash_frames crash_print crash_text crash_walk signal signal_default signal_wrap altstack; do
  nm -u "$(object "$name")"
done >undefined
is "$(grep -w 'getenv\|secure_getenv\|environ' undefined)" '' 'no environment variable is read'
like "$(cat undefined)" 'U poll' 'the objects are there'

# What it calls, once a signal has come.
allowed='_GLOBAL_OFFSET_TABLE_|mem(cpy|move|set|cmp)|strlen|pctab_[a-z_]*|__errno_location|getpid|syscall|nanosleep|prctl'
allowed="$allowed|sig(procmask|addset|emptyset|delset)|__sigsetjmp|siglongjmp|poll|sigtimedwait|write|_exit|__sigaction|__stack_chk_fail"
installs='mmap|pthread_atfork|memmem'
for name in crash crash_frames crash_print crash_text crash_walk signal signal_default; do
  is "$(nm -u "$(object "$name")" | awk '{ print $2 }' | grep -Evx "$allowed|$installs" | tr '\n' ' ')" '' "$name.o: calls only what it may"
done
done_testing
