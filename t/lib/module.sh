# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
# For tests of libpctab; read after tap.sh.  Gives:
#   $library $archive      the build's; built_library skips the test where they aren't, or have sanitizers in them
#   $include               compiler flags for users, and for t/lib/module.h
#   compile_library OUT.a CC FLAGS...   the part of it that finds modules and looks PCs up, for any machine
library_dir=$tap_build/runtime/.libs
library=$library_dir/libpctab.so
archive=$library_dir/libpctab.a
include="-I$tap_src/include -I$tap_src/t/lib"

built_library () {
  [ -e "$library" ] && [ -e "$archive" ] || skip_all "$library and libpctab.a are not built"
  nm -D "$library" | grep -q '__asan_\|__ubsan_\|__tsan_' && skip_all 'the build has sanitizers in it'
  library="-L$library_dir -lpctab -Wl,-rpath,$library_dir"
}

library_sources="runtime/memory runtime/module runtime/module_file runtime/module_list runtime/module_load
  runtime/module_loaded runtime/module_make runtime/module_record runtime/module_scan runtime/module_share
  runtime/reader runtime/writer runtime/writer_wait  symtab/digest symtab/image_decode symtab/lookup symtab/pcdata_decode symtab/xxh64"
compile_library () {
  local out=$1 f objects= dir
  shift
  dir=$(mktemp -d "$tmp/library-XXXXXX")
  for f in $library_sources; do
    "$@" -std=gnu11 -fvisibility=hidden -D_GNU_SOURCE -I"$tap_src/include" -I"$tap_src/symtab" -I"$tap_src/runtime" \
      -c "$tap_src/$f.c" -o "$dir/${f#*/}.o" || return
    objects="$objects $dir/${f#*/}.o"
  done
  # shellcheck disable=SC2086
  ar rc "$out" $objects
}
