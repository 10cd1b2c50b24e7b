#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A link that succeeds says nothing on either stream, by way of the compiler or of ld itself; configure scripts and other
# probes so see what they see without the table.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
echo 'int main (void) { return 0; }' >a.c
"$CC" -g -c a.c
printf '.globl _start\n_start: nop\n.section .note.GNU-stack,"",@progbits\n' | as -o bare.o -

# quiet WHAT COMMAND...
quiet () {
  local what=$1
  shift
  "$@" >stdout 2>stderr
  [ $? = 0 ] && [ ! -s stdout ] && [ ! -s stderr ]
  ok $? "$what: exit 0, nothing on stdout, nothing on stderr"
  sed 's/^/# /' stdout stderr
}

quiet 'cc' "$CC" a.o -o prog $flags
quiet 'cc -static' "$CC" -static a.o -o prog $flags
quiet 'cc -Wl,--fatal-warnings' "$CC" a.o -o prog -Wl,--fatal-warnings $flags
quiet 'ld' ld bare.o -o prog -T "$pctab_ld" -plugin "$pctab_so"
quiet 'ld -r' ld -r bare.o -o rel.o -T "$pctab_ld" -plugin "$pctab_so"
quiet 'ld --oformat binary' ld bare.o -o raw --oformat binary -T "$pctab_ld" -plugin "$pctab_so"
"$CC" a.o -o prog $flags -Wl,-plugin-opt=stats >stdout 2>stderr
[ ! -s stdout ] && [ "$(wc -l <stderr)" = 1 ] && grep -q '^pctab: prog: table [0-9]* bytes' stderr
ok $? '-plugin-opt=stats: one line on stderr, nothing on stdout'

# The input that the plugin adds leaves no trace in the map beside its own name, and no file behind.
mkdir temp
TMPDIR=$PWD/temp "$CC" a.o -o prog $flags
is "$(find temp -type f | wc -l)" 0 'nothing is left in $TMPDIR'
is "$(find . -maxdepth 1 -name '*pctab-*' | wc -l)" 0 'nothing is left beside the output'

if have autoconf; then
  mkdir conf && cd conf || exit 99
  cat >configure.ac <<'X'
AC_INIT([probe], [1])
AC_CONFIG_HEADERS([config.h])
AC_PROG_CC
AC_CHECK_HEADERS([zlib.h no_such.h pthread.h])
AC_CHECK_FUNCS([strlcpy getrandom no_such_function mmap])
AC_SEARCH_LIBS([sin], [m])
AC_CHECK_LIB([no_such_lib], [f])
AC_CHECK_SIZEOF([long])
AC_C_BIGENDIAN
AC_RUN_IFELSE([AC_LANG_PROGRAM([], [return 0;])], [AC_DEFINE([RUNS], [1], [runs])])
AC_MSG_CHECKING([an option of the linker])
LDFLAGS="$LDFLAGS -Wl,-z,relro"
AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])], [AC_DEFINE([HAS_RELRO], [1], [relro])])
LDFLAGS="$LDFLAGS -Wl,--no-such-option"
AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])], [AC_DEFINE([HAS_NO_SUCH], [1], [none])])
AC_OUTPUT
X
  autoconf 2>/dev/null && autoheader 2>/dev/null
  mkdir with without
  (cd without && ../configure -q) >/dev/null 2>&1
  (cd with && ../configure -q LDFLAGS="$flags") >/dev/null 2>&1
  [ -s with/config.h ] && cmp with/config.h without/config.h
  ok $? "a configure script finds the same config.h ($(grep -c '^#define' without/config.h) defined, $(grep -c '^/\* #undef' without/config.h) not)"
  cd ..
else
  skip 'a configure script finds the same config.h' 'autoconf is not installed'
fi
if have cmake make; then
  mkdir cm && cat >cm/CMakeLists.txt <<'X'
cmake_minimum_required(VERSION 3.10)
project(probe C)
include(CheckFunctionExists)
include(CheckLibraryExists)
include(CheckCSourceRuns)
include(CheckCSourceCompiles)
check_function_exists(getrandom HAVE_GETRANDOM)
check_function_exists(no_such_function HAVE_NO_SUCH)
check_library_exists(m sin "" HAVE_M)
check_library_exists(no_such f "" HAVE_NO_LIB)
check_c_source_runs("int main (void) { return 0; }" RUNS)
set(CMAKE_REQUIRED_FLAGS "-Wl,--no-such-option")
check_c_source_compiles("int main (void) { return 0; }" HAS_NO_SUCH_OPTION)
configure_file(config.h.in config.h)
X
  for n in HAVE_GETRANDOM HAVE_NO_SUCH HAVE_M HAVE_NO_LIB RUNS HAS_NO_SUCH_OPTION; do echo "#cmakedefine $n"; done >cm/config.h.in
  cmake -S cm -B cm/without >/dev/null 2>&1
  LDFLAGS=$flags cmake -S cm -B cm/with >/dev/null 2>&1
  [ -s cm/with/config.h ] && cmp cm/with/config.h cm/without/config.h
  ok $? "a cmake project finds the same config.h ($(grep -c '^#define' cm/without/config.h) defined)"
else
  skip 'a cmake project finds the same config.h' 'cmake or make is not installed'
fi
if have meson ninja; then
  mkdir me && cat >me/meson.build <<'X'
project('probe', 'c')
cc = meson.get_compiler('c')
conf = configuration_data()
conf.set('HAVE_GETRANDOM', cc.has_function('getrandom'))
conf.set('HAVE_NO_SUCH', cc.has_function('no_such_function'))
conf.set('HAVE_M', cc.find_library('m', required: false).found())
conf.set('HAS_RELRO', cc.has_link_argument('-Wl,-z,relro'))
conf.set('HAS_NO_SUCH_OPTION', cc.has_link_argument('-Wl,--no-such-option'))
conf.set('RUNS', cc.run('int main (void) { return 0; }').returncode() == 0)
conf.set('LONG', cc.sizeof('long'))
configure_file(output: 'config.h', configuration: conf)
X
  meson setup me/without me >/dev/null 2>&1
  LDFLAGS=$flags meson setup me/with me >/dev/null 2>&1
  [ -s me/with/config.h ] && cmp me/with/config.h me/without/config.h
  ok $? "a meson project finds the same config.h ($(grep -c '^#define' me/without/config.h) defined)"
else
  skip 'a meson project finds the same config.h' 'meson or ninja is not installed'
fi
done_testing
