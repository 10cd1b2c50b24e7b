#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# ld.sh DIR: GNU ld of other Debian releases, each to run as DIR/SUITE/ld on this machine, beside its own ld.  Takes the
# network and apt; changes nothing outside DIR.
set -eu
[ $# = 1 ] || { echo "usage: ld.sh DIR" >&2; exit 2; }
mkdir -p "$1"
dir=$(cd "$1" && pwd)
arch=$(dpkg --print-architecture)
triplet=$(dpkg-architecture -qDEB_HOST_MULTIARCH 2>/dev/null || gcc -dumpmachine)
package=binutils-$(printf '%s' "$triplet" | tr _ -)

# fetch SUITE PACKAGE...: unpacks packages of a suite into DIR/SUITE/root, with lists and a status of their own.
fetch () {
  suite=$1
  shift
  mkdir -p "$dir/$suite/apt/lists/partial" "$dir/$suite/apt/cache/archives/partial" "$dir/$suite/root"
  : >"$dir/$suite/apt/status"
  echo "deb [arch=$arch signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian $suite main" \
    >"$dir/$suite/apt/sources.list"
  cd "$dir/$suite/apt"
  for step in update "download $*"; do
    # shellcheck disable=SC2086
    apt-get -qq -o Dir::Etc::sourcelist="$PWD/sources.list" -o Dir::Etc::sourceparts=- -o Dir::State::lists="$PWD/lists" \
      -o Dir::State::status="$PWD/status" -o Dir::Cache="$PWD/cache" -o APT::Sandbox::User=root $step
  done
  for deb in *.deb; do
    dpkg-deb -x "$deb" ../root
  done
}

# wrapper SUITE: DIR/SUITE/ld, under that suite's own C library where it brought one.
wrapper () {
  root=$dir/$1/root
  loader=$(find "$root" -name 'ld-linux*.so*' | head -n 1)
  if [ -n "$loader" ]; then
    run="exec $loader --library-path $root/usr/lib/$triplet $root/usr/bin/$triplet-ld.bfd"
  else
    run="LD_LIBRARY_PATH=$root/usr/lib/$triplet exec $root/usr/bin/$triplet-ld.bfd"
  fi
  printf '#!/bin/sh\n%s "$@"\n' "$run" >"$dir/$1/ld"
  chmod +x "$dir/$1/ld"
  "$dir/$1/ld" --version | head -n 1
}

fetch bullseye "$package" libbinutils libctf0 binutils-common
wrapper bullseye
fetch trixie "$package" libbinutils libctf0 libsframe1 binutils-common libc6 zlib1g libzstd1 libjansson4
wrapper trixie
