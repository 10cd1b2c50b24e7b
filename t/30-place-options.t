#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Options of the plugin and of pctab-link: each is taken, an unknown one or a bad value is one clear error.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
echo 'int main (void) { return 0; }' >a.c
"$CC" -g -c a.c
"$CC" -c a.c -o plain.o
list='there are lines=yes, lines=no, require=lines, stats, threads=N, link=PATH, reserve=BYTES'

for option in lines=yes lines=no require=lines threads=1 threads=256 reserve=0 reserve=100000 link="$pctab_link"; do
  succeeds "-plugin-opt=$option" "$CC" a.o -o prog $flags,-plugin-opt=$option
  is "$out" '' "-plugin-opt=$option: says nothing"
done
for option in lin lines lines=maybe require=frames statz stats=1 threads= threads=0 threads=257 threads=-1 threads=x \
              reserve= reserve=x reserve=99999999999 link= '' force placeholder=x; do
  rm -f prog
  fails "-plugin-opt=$option is refused" "pctab: (unknown option|option) '$option'" "$CC" a.o -o prog $flags,-plugin-opt=$option
  [ ! -e prog ] && [ "$(printf '%s\n' "$out" | grep -c pctab:)" = 1 ]
  ok $? "-plugin-opt=$option: one message, no output"
done
fails 'an unknown option: the valid ones are named' "$list" "$CC" a.o -o prog $flags,-plugin-opt=statz
fails 'link=PATH that is not there' "pctab: /nonexistent can't be run .No such file or directory.; give -plugin-opt=link=PATH" \
  "$CC" a.o -o prog $flags,-plugin-opt=link=/nonexistent
echo text >text
fails 'link=PATH that is not executable' "text can't be run" "$CC" a.o -o prog $flags,-plugin-opt=link=$PWD/text
chmod +x text
fails 'link=PATH that is no program' "can't run .*text: Exec format error|text: 1: text: not found" "$CC" a.o -o prog $flags,-plugin-opt=link=$PWD/text
fails 'require=lines without -g' 'has no line information, which require=lines asks for' \
  "$CC" plain.o -o prog $flags,-plugin-opt=require=lines
[ ! -e prog ]
ok $? 'require=lines without -g: no output'
fails 'require=lines with lines=no' 'has no line information' "$CC" a.o -o prog $flags,-plugin-opt=require=lines,-plugin-opt=lines=no
run "$CC" a.o -o prog $flags,-plugin-opt=stats
like "$out" '^pctab: prog: table [0-9]+ bytes \((new file|in place)\), .*cfi unknown [0-9]+' 'stats: a line of figures'

# What stands behind our plugin is ours: clang's -flto and gcc name their own plugin, and its options, first.
fails 'an option of another plugin behind ours' 'must stand before this plugin is named' "$CC" a.o -o prog $flags -Wl,-plugin-opt=mcpu=x

# pctab-link
"$CC" a.o -o fresh $flags,-plugin-opt=link=/bin/true
link () { cp fresh work && "$pctab_link" "$@" work; }
for option in --lines=yes --lines=no --require=lines --threads=2 --reserve=0; do
  succeeds "pctab-link $option" link $option
done
run link --stats
like "$out" '^pctab: work: table [0-9]+ bytes' 'pctab-link --stats: a line of figures'
run "$pctab_link" --help
is "$status" 0 'pctab-link --help: exit 0'
for name in lines= require=lines stats threads= reserve= force placeholder= like= version; do
  like "$out" "^ *--$name" "pctab-link --help names --$name"
done
# The manual page has each option, and each setting of the plugin's own list.
sed 's/\\-/-/g' "$tap_src/man/pctab-link.1" >page
missing=
for name in --lines=yes --lines=no --require=lines --stats --threads= --reserve= link= --force --placeholder= --like= --help --version; do
  sed -n '/^\.SH OPTIONS/,/^\.SH GNU/p' page | grep -qF -- "$name" || missing="$missing $name"
done
is "$missing" '' 'the manual page has every option'
for name in $(printf '%s' "$list" | sed 's/there are //; s/=[A-Z]\{1,\}//g; s/,//g'); do
  grep -q -- "$name" page || missing="$missing $name"
done
is "$missing" '' 'and every setting that the message on an unknown one lists'
run "$pctab_link" --version
like "$out" '^pctab-link [0-9]' 'pctab-link --version'
# status WANT WHAT COMMAND...
status_is () {
  local want=$1 what=$2
  shift 2
  run "$@"
  is "$status" "$want" "status $want: $what"
}
status_is 2 'no file' "$pctab_link"
status_is 2 'an unknown option' "$pctab_link" --no-such fresh
status_is 2 'a short option' "$pctab_link" -f fresh
status_is 2 'two files' "$pctab_link" fresh fresh
status_is 2 '--placeholder with a file' "$pctab_link" --placeholder=x.o fresh
status_is 2 'an option of the plugin alone' "$pctab_link" --link=x fresh
status_is 1 'no such file' "$pctab_link" no-such
status_is 0 'done' "$pctab_link" fresh
status_is 1 'a finished file again' "$pctab_link" fresh
like "$out" 'holds a finished table already; --force replaces it' 'a finished file again: the message'
cp fresh once
status_is 0 'a finished file with --force' "$pctab_link" --force fresh
cmp once fresh
ok $? 'gives the same file again'
status_is 1 '--like with a file that is no object' "$pctab_link" --placeholder=x.o --like=text
status_is 1 '--placeholder in no folder' "$pctab_link" --placeholder=none/x.o --like=a.o
status_is 0 '--placeholder' "$pctab_link" --placeholder=x.o --like=a.o
status_is 0 '--placeholder without --like: the host' "$pctab_link" --placeholder=y.o
cmp -s x.o y.o || readelf -h y.o | grep -q "$(readelf -h x.o | sed -n 's/.*Machine: *//p')"
ok $? 'is for the same machine'
done_testing
