#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Real programs for tests and benchmarks: builds the objects of Debian's source packages once, ready to be linked often.
#
#   t/corpus/build.sh DIR [NAME...]       NAME: lua sqlite cxx openssl (the default four), postgres gold
#   t/corpus/build.sh DIR source:PACKAGE  unpacks a source package of Debian's, as DIR/PACKAGE, and builds nothing
#
# DIR/NAME/link.sh then links the program from its objects:  OUT=prog DIR/NAME/link.sh [FLAG...]
# with SFRAME=1 from copies of the objects that carry .sframe too (gcc only; DIR/NAME/has-sframe says whether they exist).
#
#   lua       C, small                       sqlite   C, one big object and a shell
#   cxx       C++ with templates (yaml-cpp)       openssl  static, Debian's libssl.a, libcrypto.a and libc.a: no lines
#   postgres  C, 730 objects                 gold     C++, more than 10,000 COMDAT groups
#
# Environment: CC, CXX, CORPUS_CFLAGS (-O2 -g), CORPUS_SRC (DIR/.src: where sources are kept, to be shared by several DIRs),
# JOBS.  Exit status: 77 when the sources cannot be had, 1 when a build failed (DIR/NAME.log says why).
set -eu
[ $# -gt 0 ] || { sed -n '3,16s/^# \{0,1\}//p' "$0" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
dir=$(cd "$1" && pwd)
shift
[ $# -gt 0 ] || set -- lua sqlite cxx openssl
src=${CORPUS_SRC:-$dir/.src}
mkdir -p "$src"
src=$(cd "$src" && pwd)
CC=${CC:-gcc} CXX=${CXX:-g++} CFLAGS=${CORPUS_CFLAGS:--O2 -g} JOBS=${JOBS:-$(nproc)}
unset MAKEFLAGS MFLAGS MAKELEVEL CPPFLAGS LDFLAGS CXXFLAGS OUT SFRAME
export LC_ALL=C
exec </dev/null
name=

die ()
{
  status=$1
  shift
  printf 'corpus: %s: %s\n' "$name" "$*" >&2
  exit "$status"
}

# --- sources ---

# apt-get over lists of our own with the deb-src twins of the machine's Debian archives: neither root nor a change to
# /etc is needed.
apt_private ()
{
  a=$src/.apt
  if [ ! -f "$a/ready" ]; then
    mkdir -p "$a/lists/partial" "$a/cache/archives/partial"
    apt-get indextargets --format '$(ORIGIN)|deb-src $(REPO_URI) $(SUITE) $(COMPONENT)|$(RELEASE)' 'Created-By: Packages' |
      sed -n 's/^Debian|\(deb-src [^ ]*\) [^ ]* main|\(.*\)/\1 \2 main/p' | grep -v security | sort -u >"$a/sources.list"
    [ -s "$a/sources.list" ] || echo 'deb-src http://deb.debian.org/debian bookworm main' >"$a/sources.list"
    apt_with "$a" -q update || return 1
    touch "$a/ready"
  fi
  apt_with "$a" -q source "$1"
}

apt_with ()
{
  a=$1
  shift
  apt-get -o Dir::Etc::sourcelist="$a/sources.list" -o Dir::Etc::sourceparts=/dev/null -o Dir::State::lists="$a/lists" \
    -o Dir::Cache="$a/cache" -o APT::Sandbox::User="$(id -un)" -o Acquire::Retries=2 -o Acquire::http::Timeout=30 "$@"
}

# Unpacks Debian's source package $1 as $src/$1 (shared: the trees are copied before a build writes into them).
fetch ()
{
  [ -f "$src/$1/.unpacked" ] && return
  command -v apt-get >/dev/null || die 77 "no apt-get to get Debian's $1 source with"
  command -v dpkg-source >/dev/null || die 77 "dpkg-source is missing; install dpkg-dev"
  rm -rf "${src:?}/$1" "${src:?}/$1.get"
  mkdir "$src/$1.get"
  if ! (cd "$src/$1.get" && { apt-get -q -o APT::Sandbox::User="$(id -un)" -o Acquire::http::Timeout=30 source "$1" || apt_private "$1"; }) \
      >"$src/$1.log" 2>&1; then
    tail -n 3 "$src/$1.log" >&2
    die 77 "Debian's $1 source cannot be had (no network, or no deb-src); see $src/$1.log"
  fi
  mv "$src/$1.get"/*/ "$src/$1"
  rm -rf "$src/$1.get"
  touch "$src/$1/.unpacked"
}

# --- building ---

# The compiler through a wrapper that assembles everything a second time with --gsframe, as FILE.o.sf beside FILE.o.
sframe_wrapper ()
{
  wrap=$dir/.aswrap
  cat >"$wrap" <<'WRAP'
#!/bin/sh
"$@" || exit
case ${1##*/} in as) ;; *) exit 0 ;; esac
out= prev= n=$#
while [ "$n" -gt 0 ]; do
  a=$1
  shift
  n=$((n - 1))
  if [ "$prev" = -o ]; then out=$a; a=$a.sf; fi
  set -- "$@" "$a"
  prev=$a
done
[ -n "$out" ] && { "$@" --gsframe 2>/dev/null || rm -f "$out.sf"; }
exit 0
WRAP
  chmod +x "$wrap"
  case $($CC --version 2>/dev/null) in
    *Free*Software*) ;;
    *) return ;;
  esac
  echo ' .text' | as --gsframe -o /dev/null - 2>/dev/null || return 0
  CC="$CC -wrapper $wrap"
  CXX="$CXX -wrapper $wrap"
}

# compile DRIVER FLAGS FILE... -- objects beside the sources, in parallel
compile ()
{
  how=$1
  shift
  printf '%s\n' "$@" | xargs -P "$JOBS" -I '{}' sh -c "$how -c '{}' -o '{}.o'"
}

# emit DRIVER LIBS <objects (absolute, one a line): writes link.sh
emit ()
{
  cat >objects
  [ -s objects ] || die 1 "no objects"
  rm -f has-sframe
  while read -r o; do
    if [ -f "$o.sf" ]; then
      echo "$o.sf"
      touch has-sframe
    else
      echo "$o"
    fi
  done <objects >objects.sframe
  cat >link.sh <<LINK
#!/bin/sh
# Links $name: OUT=path $name/link.sh [FLAG...]; SFRAME=1: from objects with .sframe.
dir=\$(dirname "\$0")
exec ${1} -o "\${OUT:?}" "\$@" @"\$dir/objects\${SFRAME:+.sframe}" $2
LINK
  chmod +x link.sh
}

build_lua ()
{
  cp -a "$src/lua5.4/src" tree
  cd tree
  rm -f luac.c
  echo '#define DEB_HOST_MULTIARCH "debian"' >lua5.4-deb-multiarch.h
  # shellcheck disable=SC2086
  compile "$CC $CFLAGS -std=gnu99 -DLUA_USE_LINUX -DLUA_COMPAT_5_3" ./*.c
  cd ..
  find "$PWD/tree" -name '*.c.o' | sort | emit "${PLAIN_CC}" "-Wl,-E -lm -ldl"
}

build_sqlite ()
{
  command -v tclsh >/dev/null || die 77 "tclsh is missing, which makes the amalgamation; install tcl"
  cp -a "$src/sqlite3" tree
  cd tree
  ./configure --disable-shared --disable-tcl --disable-readline
  make sqlite3.c shell.c
  mkdir ../obj
  mv sqlite3.c sqlite3.h shell.c ../obj
  cd ../obj
  compile "$CC $CFLAGS -DSQLITE_ENABLE_FTS5 -DSQLITE_ENABLE_RTREE" sqlite3.c shell.c
  cd ..
  rm -rf tree
  find "$PWD/obj" -name '*.c.o' | sort | emit "${PLAIN_CC}" "-lm -lpthread -ldl"
}

build_cxx ()
{
  cp -a "$src/yaml-cpp" tree
  cd tree
  cp "$here/cxx_main.cc" src
  compile "$CXX $CFLAGS -std=c++17 -Iinclude -Isrc" src/*.cpp src/contrib/*.cpp src/cxx_main.cc
  cd ..
  find "$PWD/tree" -name '*.o' | sort | emit "${PLAIN_CXX}" ""
}

build_openssl ()
{
  for lib in libssl.a libcrypto.a libc.a; do
    [ -f "$($PLAIN_CC -print-file-name=$lib)" ] || die 77 "$lib is missing; install libssl-dev"
  done
  $CC $CFLAGS -c "$here/openssl_main.c" -o main.o
  echo "$PWD/main.o" |
    emit "${PLAIN_CC}" "-static -Wl,--whole-archive -lssl -lcrypto -Wl,--no-whole-archive -ldl -pthread"
  rm has-sframe # Debian's archives have none
}

# From the line that links $2 in build directory $1 (objects in $3.. are there): its objects, absolute.
objects_of_link ()
{
  make -C "$1" -n -W "$3" "$2" | grep -E -- "-o $2( |\$)" | tr ' ' '\n' | sed -n 's/^["'\'']*\([^"'\'']*\.o\)["'\'']*$/\1/p' |
    while read -r o; do readlink -f "$1/$o"; done
}

build_postgres ()
{
  cp -a "$src/postgresql-15" tree
  cd tree
  ./configure CC="$CC" CFLAGS="$CFLAGS" --without-icu --without-readline --without-zlib
  # First, and alone: a parallel make of the rest may otherwise compile before they are there.
  make -s -C src/backend generated-headers
  make -s -j"$JOBS" -C src/backend
  # ld 2.40 stops with an assertion at this object's .sframe.
  rm -f src/backend/access/heap/heaptoast.o.sf
  cd ..
  t=$PWD/tree/src
  objects_of_link tree/src/backend postgres main/main.o | sort -u |
    emit "${PLAIN_CC}" "$t/common/libpgcommon_srv.a $t/port/libpgport_srv.a -Wl,-E -lm"
}

build_gold ()
{
  mkdir b
  cd b
  "$src/binutils/configure" CC="$CC" CXX="$CXX" CFLAGS="$CFLAGS" CXXFLAGS="$CFLAGS" --enable-gold --disable-shared --disable-gprofng \
    --disable-gdb --without-zstd --disable-nls --disable-werror
  make -s -j"$JOBS" all-gold MAKEINFO=true
  cd ..
  { objects_of_link b/gold ld-new main.o; ar t b/gold/libgold.a | sed "s|^|$PWD/b/gold/|"; } | sort -u |
    emit "${PLAIN_CXX}" "$PWD/b/libiberty/libiberty.a -L$PWD/b/zlib $(ls "$PWD"/b/zlib/libz.a 2>/dev/null || echo -lz) -ldl -pthread"
}

package_of ()
{
  case $1 in
    lua) echo lua5.4 ;;
    sqlite) echo sqlite3 ;;
    cxx) echo yaml-cpp ;;
    openssl) ;;
    postgres) echo postgresql-15 ;;
    gold) echo binutils ;;
    source:?*) echo "${1#source:}" ;;
    *) die 2 "no such program; known: lua sqlite cxx openssl postgres gold, and source:PACKAGE" ;;
  esac
}

# One program in one subshell, so that a build's cd and set -e stay its own; a stamp with what it was built with.
build ()
{
  stamp="$PLAIN_CC|$PLAIN_CXX|$CFLAGS|$($PLAIN_CC -dumpfullversion 2>/dev/null)|$(sed -n "/^build_$name/,/^}/p" "$here/build.sh" | sum)"
  [ "$(cat "$dir/$name/stamp" 2>/dev/null)" = "$stamp" ] && return
  for p in $(package_of "$name"); do fetch "$p"; done
  case $name in
    source:*) ln -sfn "$src/$p" "$dir/$p" && return ;;
  esac
  rm -rf "${dir:?}/$name"
  mkdir "$dir/$name"
  printf 'corpus: building %s\n' "$name" >&2
  # Not in a condition: there the shell would ignore set -e inside.
  set +e
  (set -e; cd "$dir/$name"; "build_$name" >"$dir/$name.log" 2>&1)
  status=$?
  set -e
  if [ "$status" != 0 ]; then
    tail -n 5 "$dir/$name.log" >&2
    [ "$status" = 77 ] || die 1 "its build failed; see $dir/$name.log"
    exit 77
  fi
  echo "$stamp" >"$dir/$name/stamp"
}

# One at a time in one DIR or source folder: tests that run side by side may ask for the same program.
exec 9>"$src/.lock"
flock 9
PLAIN_CC=$CC PLAIN_CXX=$CXX
sframe_wrapper
for name in "$@"; do
  package_of "$name" >/dev/null
  build
done
