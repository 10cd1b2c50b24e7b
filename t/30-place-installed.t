#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What is installed works from where it is: pkg-config gives one word, with options in it; the build tree has the same.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
need pkg-config make
[ -e "$tap_build/Makefile" ] && [ -e "$tap_build/linker/pctab-link.pc" ] || skip_all "$tap_build is no configured build tree"
echo 'int main (void) { return 0; }' >a.c

run cat "$tap_build/linker/pctab.flags"
is "$(printf '%s\n' "$out" | wc -w)" 1 'linker/pctab.flags is one word'
succeeds 'linker/pctab.flags: cc $(cat pctab.flags) links' "$CC" -g a.c -o prog $(cat "$tap_build/linker/pctab.flags")
placed prog
ok $? 'linker/pctab.flags: with a table'
succeeds 'linker/pctab.flags: cc @pctab.flags links' "$CC" -g a.c -o prog "@$tap_build/linker/pctab.flags"
placed prog
ok $? 'linker/pctab.flags: with a table'
run "$CC" -g a.c -o prog "$(cat "$tap_build/linker/pctab.flags"),-plugin-opt=stats"
like "$out" '^pctab: prog: table' 'linker/pctab.flags: an option is appended'

succeeds 'make install' env -u MAKEFLAGS -u MAKELEVEL make -C "$tap_build" install-binPROGRAMS install-pkglibLTLIBRARIES install-dist_pluginDATA \
  install-pkgconfigDATA DESTDIR="$PWD/stage"
libdir=$(PKG_CONFIG_PATH=$tap_build/linker pkg-config --variable=libdir pctab-link)
pc () {
  PKG_CONFIG_PATH=$PWD/stage$libdir/pkgconfig pkg-config --define-variable=libdir="$PWD/stage$libdir" "$@" pctab-link
}
run pc --libs
is "$status" 0 'pkg-config --libs pctab-link'
is "$(printf '%s\n' "$out" | wc -w)" 1 'is one word'
is "$(pc --cflags | tr -d ' ')" '' 'and no compiler flag'
succeeds 'links' "$CC" -g a.c -o prog $(pc --libs)
placed prog
ok $? 'with a table, by the staged pctab-link'
run "$CC" -g a.c -o prog $(pc --define-variable=options=,-plugin-opt=stats,-plugin-opt=require=lines --libs)
like "$out" '^pctab: prog: table' 'options are in the word'
fails 'a wrong option is refused' "unknown option 'statz'" "$CC" -g a.c -o prog $(pc --define-variable=options=,-plugin-opt=statz --libs)
succeeds 'beside LTO' "$CC" -g -flto a.c -o prog $(pc --define-variable=options=,-plugin-opt=require=lines --libs)
placed prog
ok $? 'with a table'
is "$(pc --variable=lldscript)" "$PWD/stage$libdir/pctab/pctab-lld.ld" 'the script for ld.lld is named'
[ -e "$(pc --variable=lldscript)" ] && [ -e "$(pc --variable=script)" ] && [ -e "$(pc --variable=plugin)" ]
ok $? 'script, plugin and the script for ld.lld are there'
done_testing
