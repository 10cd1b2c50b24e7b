#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What a handler reaches of libpctab's modules calls syscall(), _dl_find_object() and string functions alone; the
# library's thread-local storage is small and initial-exec, all is bound when it is loaded, and it runs with glibc 2.36.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
# shellcheck source=SCRIPTDIR/lib/module.sh
. "$tap_src/t/lib/module.sh"
need pkg-config
built_library
need nm readelf
# object NAME: libtool's.
object () {
  local f
  for f in "$tap_build/runtime/.libs/libpctab_la-$1.o" "$tap_build/runtime/.libs/runtime_libpctab_la-$1.o" \
    "$tap_build/runtime/libpctab_la-$1.o"; do
    [ -f "$f" ] && echo "$f" && return
  done
}
[ -n "$(object reader)" ]
ok $? 'the objects are there'
cnt=0
# only NAME ALLOWED DATA: undefined symbols, and variables.
only () {
  local allowed="memcpy|memmove|memset|memcmp|memchr|strlen|_GLOBAL_OFFSET_TABLE_|__stack_chk_fail|$2"
  cnt=$((cnt + 1))
  is "$(nm -u "$(object "$1")" | awk '{ print $2 }' | grep -Evx "$allowed" | tr '\n' ' ')" '' "$1: calls only what it may"
  is "$(nm "$(object "$1")" | awk '$2 ~ /^[dDbBC]$/ { print $3 }' | tr '\n' ' ')" "$3" "$1: variables: ${3:-none}"
}
only memory 'syscall|__errno_location' 'probe_lies '
only module 'pctab__[a-z_]*|pctab_read_begin|pctab_read_end' ''
only module_file 'pctab__memory_read|pctab__native' ''
only module_list 'pctab__(memory|block|record)_[a-z]*' ''
only module_load 'pctab__[a-z_]*|pctab_modules|_dl_find_object' ''
only module_record 'pctab__(memory|table)_[a-z]*|pctab_table_open' ''
only reader 'pctab__(memory|thread)_[a-z_]*|pctab__shared' 'self '
only writer 'pctab__(memory|reader)_[a-z]*' ''
is "$cnt" 8 '8 objects'
is "$(readelf -rW "$(object reader)" | grep -E 'TLSGD|TLSLD|TLSDESC|TLS_GD|TLS_LD')" '' 'the TLS word is found without a call'

so=$library_dir/libpctab.so
tls=$(readelf -lW "$so" | awk '$1 == "TLS" { print $6 }')
[ -n "$tls" ] && [ "$((tls))" -le 64 ]
ok $? "thread-local storage of the library: at most 64 bytes ($((tls)))"
is "$(readelf -rW "$so" | grep -Ec 'DTPMOD|DTPOFF|TLSDESC|TLS_DTP')" 0 'initial-exec all of it'
is "$(nm -D "$so" | grep -c __tls_get_addr)" 0 'no __tls_get_addr'
like "$(readelf -dW "$so" | tr '\n' ' ')" 'STATIC_TLS.*BIND_NOW|BIND_NOW.*STATIC_TLS' 'marked so, and bound when it is loaded'
is "$(readelf -dW "$so" | sed -n 's/.*NEEDED.*\[\(lib[a-z0-9]*\|ld[a-z0-9-]*\)\..*/\1/p' | sort | tr '\n' ' ')" 'libc ' 'needs libc alone'
late=$(readelf -VW "$so" | grep -o 'GLIBC_2\.[0-9]*' | sort -u -t. -k2n | awk -F. '$2 > 36')
is "$late" '' 'no symbol of a glibc after 2.36'
# The signal functions are libc's names: they stand before it.
signals='sigaction|(bsd_|s|sysv_|__sysv_)?signal|sigset|sigignore|siginterrupt|sigvec|sigaltstack'
is "$(nm -D --defined-only "$so" | awk '{ print $3 }' | grep -Ev "^pctab_[^_]|^($signals)\$")" '' \
  'exports what is public alone'
is "$(nm "${archive%% *}" 2>/dev/null | awk '$2 ~ /^[TDBRC]$/ { print $3 }' | grep -Ev "^pctab_|^($signals)\$")" '' \
  'the archive defines only names that begin with pctab_'
done_testing
