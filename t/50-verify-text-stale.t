#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Whether the code is the code that the table was made for: tools that change the file around it do no harm, one changed byte
# does.
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
. "$tap_src/t/lib/verify.sh"
need perl

cat >p.c <<'EOC'
#include <stdlib.h>
int __attribute__ ((noinline)) sum (int n) { int s = 0; for (int i = 0; i < n; i++) s += rand (); return s; }
int main (int argc, char **argv) { return sum (argc) + !argv; }
EOC
# shellcheck disable=SC2086
succeeds 'a program is linked' $CC -g -O2 -fPIE -pie -Wl,--build-id p.c -o good $flags
is "$(rules_of good)" '' 'nothing is found in it'

# tool WHAT RULES COMMAND...: a copy of the program after COMMAND breaks RULES; it and its like change no code.
tool () {
  local what=$1 rules=$2 name=$3
  shift 2
  if ! have "$name"; then
    skip "$what" "$name is not installed"
    return
  fi
  cp good "tool"
  "$@" tool >out 2>&1 || { ok 1 "$what: runs"; diag "$(head -n 3 out)"; return; }
  cmp -s good tool
  is "$?" 1 "$what: the file is another"
  is "$(rules_of tool)" "$rules" "$what: ${rules:-nothing} is found"
}
tool 'strip' '' strip
tool 'strip -g' '' strip -g
tool 'strip --strip-unneeded' '' strip --strip-unneeded
tool 'eu-strip' '' eu-strip
tool 'objcopy' '' objcopy -p --add-section .more=p.c
tool 'objcopy --compress-debug-sections' '' objcopy --compress-debug-sections=zlib
tool 'patchelf --set-rpath' '' patchelf --set-rpath /a/long/path/that/needs/another/place/for/the/strings
tool 'patchelf --add-needed' '' patchelf --add-needed libm.so.6
tool 'patchelf --set-interpreter' '' patchelf --set-interpreter /a/long/path/to/another/interpreter/than/there/was/ld.so
tool 'dwz' '' dwz
tool 'debugedit, other paths' PX202 debugedit -b "$PWD" -d /usr/src
tool 'debugedit, another build ID' PE204 debugedit -i --build-id-seed=another

# Split as dh_strip does it: the debug file has the table's header, and not the table.
if have objcopy; then
  objcopy --only-keep-debug good good.debug
  objcopy --strip-debug --add-gnu-debuglink=good.debug good split
  is "$(rules_of split)" '' 'what was split: nothing is found'
  is "$(rules_of good.debug)" PV101 'its debug file: there is nothing to verify'
fi

breaks PE203 good 'one bit of code' bytes .text+8 ff
breaks PE203 good 'one byte of code at the end' bytes .fini+8 cc
breaks PE203 good 'one byte of the PLT' bytes .plt+3 cc
breaks PE204 good 'a byte of the build ID' flip .note.gnu.build-id+20
breaks PE204 good 'the build ID is not its note'"'"'s' bytes .note.gnu.build-id+8 09
succeeds 'the note is removed' objcopy -R .note.gnu.build-id good broken
is "$(rules_of broken)" PE204 'PE204: the file has no build ID any more'
# shellcheck disable=SC2086
succeeds 'a program without a build ID' $CC -O2 -Wl,--build-id=none p.c -o none $flags
is "$(rules_of none)" '' 'nothing is found in it'
is "$("$pctab_verify" broken >/dev/null; echo $?)" 0 'another build ID is a warning'
cp good broken
edit broken bytes .text+8 ff
is "$("$pctab_verify" broken >/dev/null; echo $?)" 1 'other code is an error'
done_testing
