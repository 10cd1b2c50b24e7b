#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What a signal handler may call calls nothing else: no lock, no malloc, no stdio, no TLS (so no errno), no data of its
# own that could change, no relocation when it is loaded.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
need nm readelf size

# object NAME: libtool's, position-independent or not.
object () {
  local f
  for f in "$tap_build/symtab/.libs/runtime_libpctab_la-$1.o" "$tap_build/symtab/runtime_libpctab_la-$1.o"; do
    [ -f "$f" ] && echo "$f" && return
  done
}
[ -n "$(object lookup)" ] || skip_all 'the reader is not built'
nm "$(object lookup)" | grep -q '__asan_\|__ubsan_' && skip_all 'the build has sanitizers in it'

# only NAME ALLOWED: undefined symbols.  memcpy and its like are the compiler's own.
only () {
  local name=$1 allowed="memcpy|memmove|memset|memcmp|memchr|strlen|_GLOBAL_OFFSET_TABLE_|__stack_chk_fail|$2"
  is "$(nm -u "$(object "$name")" | awk '{ print $2 }' | grep -Evx "$allowed" | tr '\n' ' ')" '' "$name: calls only what it may"
  is "$(nm "$(object "$name")" | grep ' [dDbBC] ' | tr '\n' ' ')" '' "$name: has no data that could change"
  is "$(readelf -rW "$(object "$name")" | grep -Ec 'TLS|TPOFF|DTPOFF')" 0 "$name: touches no thread-local storage"
}
# The hot part: not even another of the project's files but the checks.
only lookup 'pctab__table_range'
only image_decode 'pctab__digest_[a-z]*|pctab__xxh64|pctab__pcdata_hold'
only pcdata_decode 'pctab__offsets_hold'
only digest 'pctab__xxh64'
only xxh64 ''
# The cold part.
for name in cold_cache cold_line cold_node cold_open cold_store cold_string lz4_unpack; do
  only $name 'pctab__[a-z0-9_]*'
done
only cold_func 'pctab__[a-z_]*|pctab_findfunc'
only cold_pcdata 'pctab__[a-z_]*|pctab_funcflags|pctab_pcdata_number'
only cold_record 'pctab__[a-z_]*|pctab_[a-z_]*'

# The test can fail.
echo 'void *malloc (unsigned long); void *f (void) { return malloc (8); }' >bad.c
"$CC" -c bad.c
is "$(nm -u bad.o | awk '{ print $2 }' | grep -Evx 'memcpy|memset' | tr '\n' ' ')" 'malloc ' 'a call of malloc would be seen'
done_testing
