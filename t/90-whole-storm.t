#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A storm of timers' signals over SQLite's and Lua's own work on four threads, beside one that loads and unloads a
# library with a table: each handler walks the stack and decides.  No crash, no wrong result of the work, no frame that
# libgcc's unwinder has otherwise, no return address behind no call, no chain that ends before its thread's beginning, no
# verdict other than a look-up of libgcc's frames gives; nothing there allocates, locks or prints.
#
# STORM=100000: so many signals instead of 20,000.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
need timeout
lib=$tap_build/runtime/.libs/libpctab.a
data=$tap_src/t/data/decide
corpus=${PCTAB_CORPUS:-$tap_build/t/corpus}
signals=${STORM:-20000}
[ -f "$lib" ] || skip_all 'runtime/libpctab.a is not built'
[ -z "${SANITIZE:-}" ] || skip_all 'the library has sanitizers in it'
[ "$(uname -m)" = x86_64 ] || skip_all 'it knows calls of x86-64 alone'
for name in lua sqlite; do
  run sh "$tap_src/t/corpus/build.sh" "$corpus" "$name"
  [ "$status" = 77 ] && skip_all "$(printf '%s\n' "$out" | tail -n 1)"
  ok "$status" "$name: its objects are there"
done

cflags="-O2 -g -D_GNU_SOURCE -I$tap_src/include"
grep -v '/lua\.c\.o$' "$corpus/lua/objects" >objects
grep '/sqlite3\.c\.o$' "$corpus/sqlite/objects" >>objects
# shellcheck disable=SC2086
succeeds 'the library to load' "$CC" $cflags -fPIC -shared "$data/storm_library.c" "$flags" -o library.so
# shellcheck disable=SC2086
succeeds 'the program' "$CC" $cflags "$data/storm.c" "$data/storm_work.c" "$data/storm_wrap.c" @objects "$lib" \
  -lm -ldl -pthread "$flags" -o storm
[ "$status" = 0 ] || { done_testing; }

# storm WHAT SIGNALS [ARGUMENT]
storm () {
  run timeout 900 ./storm "$2" ./library.so ${3:+"$3"}
  is "$status" 0 "$1: ended well"
  diag "$out"
  like "$out" '^wrong: 0 not executable, 0 behind no call, 0 other frames, 0 other ends, 0 other verdicts$' \
    "$1: nothing wrong in $(printf '%s\n' "$out" | head -n 1)"
  like "$out" '^compared: [0-9]{4,} frames, [0-9]{3,} verdicts' "$1: $(printf '%s\n' "$out" | grep '^compared')"
  like "$out" '^verdict OK [0-9]+' "$1: some may be stopped"
}

storm 'with tables for libc' "$signals" --import
like "$out" '^stop END [0-9]{3,}' 'chains come to their ends'
storm 'without' $((signals / 4))
fails 'what allocates in the handler is caught' '^malloc: called in the handler' \
  timeout 60 ./storm 100 ./library.so --malloc
done_testing
