#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The decision calls the reader, the module list and the unwinder alone: no lock, no malloc, no stdio, no errno, no
# thread-local data; what it keeps is one array of numbers.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
need nm readelf

# object NAME: libtool's, as it is in the library.
object () {
  local f
  for f in "$tap_build/runtime/.libs/libpctab_la-$1.o" "$tap_build/runtime/.libs/$1.o"; do
    [ -f "$f" ] && echo "$f" && return
  done
}
[ -n "$(object decide)" ] || skip_all 'the library is not built'
nm "$(object decide)" | grep -q '__asan_\|__ubsan_' && skip_all 'the build has sanitizers in it'

# only NAME CALLS DATA
only () {
  local always='memcpy|memset|memcmp|_GLOBAL_OFFSET_TABLE_|__stack_chk_fail'
  is "$(nm -u "$(object "$1")" | awk '{ print $2 }' | grep -Evx "$always|$2" | tr '\n' ' ')" '' "$1: calls only what it may"
  is "$(nm "$(object "$1")" | awk '$2 ~ /^[dDbBC]$/ { print $3 }' | grep -Evx "$3" | tr '\n' ' ')" '' \
    "$1: has no other data that could change"
  is "$(readelf -rW "$(object "$1")" | grep -Ec 'TLS|TPOFF|DTPOFF')" 0 "$1: touches no thread-local storage"
}
reader='pctab_(findfunc|funcflags|funcspdelta|pcvalue|pcdatavalue|value_rule|find_module)'
only decide "$reader|pctab__(cursor_start|cursor_set|frame_leave|step_keep|step_safe|signal_return|unwind_machines)|pctab__decide_(end|resume)" ''
only decide_resume "$reader" ''
only decide_end "$reader" 'kept(\.[0-9]+)?'
only decide_verdict '' ''
done_testing
