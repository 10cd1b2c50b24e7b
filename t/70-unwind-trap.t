#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A program walks its stack at each of its instructions, libc's included: from the signal's context and from the
# handler the same, by steps and at once, without malloc and locks, errno untouched.
# shellcheck source=SCRIPTDIR/lib/unwind.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
. "$tap_src/t/lib/unwind.sh"
need pkg-config timeout
[ "$(uname -m)" = x86_64 ] || skip_all 'the trap flag is x86'\''s'
built_library
# shellcheck disable=SC2086
"$CC" -O2 -w -pthread $include "$data/trap.c" -o prog $flags $library -Wl,-z,now
ok $? 'it links'
counts 'libpctab.so' ./prog 50000
whole=$(printf '%s\n' "$out" | sed -n 's/.*caller: \([0-9]*\);.*/\1/p')
[ "${whole:-0}" -gt 49900 ]
ok $? "$whole of 50000 walks came to the end of the stack"
done_testing
