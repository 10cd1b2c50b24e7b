#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A program walks its own stack, from calls and from handlers, on the thread's stack and on another one, in threads, 100,000
# frames deep: what is found is what its functions have noted, what the C library's backtrace() finds, and the same by
# steps and at once, with the stack's bounds and without.
# shellcheck source=SCRIPTDIR/lib/unwind.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
. "$tap_src/t/lib/unwind.sh"
need pkg-config timeout
built_library

# walks WHAT CC FLAG...: all of its parts.
walks () {
  local what=$1
  shift
  # shellcheck disable=SC2086
  if ! "$@" -w -pthread $include "$data/walks.c" -o prog $flags $link 2>err; then
    skip "$what" "it does not link: $(head -n 1 err)"
    return
  fi
  counts "$what" ./prog
}
link=$library
walks 'libpctab.so, libc imported' "$CC" -O2 -DBACKTRACE
walks 'libpctab.so, libc without a table' "$CC" -O2
link=$archive
for level in -O0 -O1 '-O3 -fomit-frame-pointer' '-O2 -fno-omit-frame-pointer' '-Os -fcf-protection=none'; do
  # shellcheck disable=SC2086
  walks "static, $level" "$CC" $level -static
done
walks 'static-pie' "$CC" -O2 -static-pie
! have clang || walks 'clang, static' clang -O2 -static
done_testing
