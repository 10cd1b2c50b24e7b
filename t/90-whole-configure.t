#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Real packages of Debian's, configured with and without the table in LDFLAGS: autoconf, meson and cmake find the same
# config.h and decide the same, but for the flags themselves.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
need make perl
corpus=${PCTAB_CORPUS:-$tap_build/t/corpus}
[ ! -e "$tap_build/linker/pctab.flags" ] || flags=$(cat "$tap_build/linker/pctab.flags")
unset MAKEFLAGS MFLAGS MAKELEVEL CFLAGS CPPFLAGS CXXFLAGS LDFLAGS LIBS CONFIG_SITE
case $CC in
*' '*) unset CC ;; # with flags of this build's own
*) export CC ;;
esac

# source_of PACKAGE: $source, its unpacked tree, copied so that nothing is written into the shared one.
source_of () {
  run sh "$tap_src/t/corpus/build.sh" "$corpus" "source:$1"
  if [ "$status" != 0 ]; then
    skip "$2" "$(printf '%s\n' "$out" | tail -n 1)"
    return 1
  fi
  source=$tmp/$1
  [ -d "$source" ] || cp -a "$corpus/$1/." "$source"
}

# both PROGRAM...: runs it in work/without and work/with, the second with LDFLAGS in the environment.
both () {
  rm -rf work && mkdir work work/without work/with
  (cd work/without && exec "$@" >log 2>&1) &
  (cd work/with && LDFLAGS=$flags exec "$@" >log 2>&1)
  with_status=$?
  wait $!
  without_status=$?
  [ $with_status = 0 ] && [ $without_status = 0 ]
  ok $? "$what: configures without and with the table"
  [ $without_status = 0 ] || tail -n 3 work/without/log | sed 's/^/# /'
  [ $with_status = 0 ] || tail -n 3 work/with/log | sed 's/^/# /'
}

# Everything that FILE says, but for the folder and the flags.
plainly () {
  FLAGS=$flags perl -pe 's/\Q$ENV{FLAGS}\E//g; s{\bwork/with(?:out)?\b}{work/}g' "$1"
}

# same FILE...: each says the same in both.
same () {
  local file good=0 lines=0
  for file; do
    plainly "work/without/$file" >want
    plainly "work/with/$file" >got
    cmp -s want got || { good=1; diag "$file:"; diff want got | head -n 10 | sed 's/^/# /'; }
    lines=$((lines + $(wc -l <want)))
  done
  [ $lines -gt 0 ] || good=1
  ok $good "$what: the same in $* ($lines lines)"
}

# headers: the same generated headers, of which there has to be one, with so many findings.
headers () {
  local list
  list=$(cd work/without && find . -name '*.h' | sort)
  is "$(cd work/with && find . -name '*.h' | sort)" "$list" "$what: the same headers are made"
  # shellcheck disable=SC2086
  same $list
  yes=$(cd work/without && cat $list | grep -c '^#define')
  no=$(cd work/without && cat $list | grep -c '^/\* #undef')
  [ "$yes" -gt 5 ]
  ok $? "$what: found: $yes, not found: $no"
}

for package in hello libffi pkgconf; do
  what="autoconf, $package"
  source_of $package "$what" || continue
  both "$source/configure"
  headers
  # config.status holds every result; how it was called is put away.
  for side in with without; do
    sed -i -E "s/^(ac_cs_config=).*/\\1/; s/'?LDFLAGS=[^ ']*'?//g; s/ +/ /g" work/$side/config.status
  done
  same config.status
  # The probes really went through the plugin.
  [ "$(grep -c "conftest .*-plugin,.*conftest.c" work/with/config.log)" -gt 5 ]
  ok $? "$what: $(grep -c "conftest .*-plugin,.*conftest.c" work/with/config.log) probes were linked with the plugin"
done

what='meson, pkgconf'
if ! have meson ninja; then
  skip "$what" 'meson or ninja is not installed'
elif source_of pkgconf "$what"; then
  both meson setup -Dtests=false "$source" .
  headers
  for side in with without; do
    grep -E '^(Checking|Compiler|Header|Has |Library|Fetching|Run-time)' work/$side/log >work/$side/findings
  done
  same findings
  like "$(grep -c plugin work/with/build.ninja)" '[1-9]' "$what: the flags are in its build"
fi

what='cmake, json-c'
if ! have cmake; then
  skip "$what" 'cmake is not installed'
elif source_of json-c "$what"; then
  both cmake -Wno-dev "$source"
  headers
  for side in with without; do
    grep -vE '^(#|//|$)|:(STATIC|PATH|FILEPATH)=|_LINKER_FLAGS' work/$side/CMakeCache.txt | sort >work/$side/findings
  done
  same findings
  like "$(grep -c 'plugin' work/with/CMakeCache.txt)" '[1-9]' "$what: the flags are in its cache"
fi
done_testing
