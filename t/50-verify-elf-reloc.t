#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Dynamic relocations of the table, of every form that there is; and raw sections in a finished file.
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
. "$tap_src/t/lib/verify.sh"
need perl objcopy

cat >p.c <<'EOC'
#include <stdlib.h>
int (*const call) (void) = rand;
int (*const table[70]) (void) = { rand, rand, rand };
static int own (void) { return 1; }
int (*mine[70]) (void) = { own, own, own, [68] = own };
int main (int argc, char **argv) { return call () + mine[argc] () + table[argc] () + !argv; }
EOC
table_addr () { perl "$tap_src/t/lib/placed.pl" "$1" | sed 's/.* addr=0x\([0-9a-f]*\) .*/\1/'; }

# little VALUE BYTES: hexadecimal VALUE as little-endian bytes.
little () { perl -e 'print unpack "H*", substr pack ("Q<", hex shift), 0, shift' "$1" "$2"; }

# shellcheck disable=SC2086
relocs () { # NAME WORD SECTION CFLAGS...: a file with relocations in SECTION
  local name=$1 word=$2 section=$3
  shift 3
  if ! $CC -O1 "$@" p.c -o "$name" $flags 2>err; then
    skip "$name: relocations of the table" "it can't be linked here: $(head -n 1 err)"
    return 1
  fi
  is "$(rules_of "$name")" '' "$name: nothing is found"
  local addr
  addr=$(table_addr "$name")
  breaks PE111 "$name" "$name: the table's second word" bytes "$section+0" "$(little "$(printf %x $((0x$addr + word)))" "$word")"
  breaks PE111 "$name" "$name: a word that reaches into the table" bytes "$section+0" \
    "$(little "$(printf %x $((0x$addr - word + 2)))" "$word")"
  [ "$section" != .relr.dyn ] || return 0
  cp "$name" before
  edit before bytes "$section+0" "$(little "$(printf %x $((0x$addr - word)))" "$word")"
  is "$(rules_of before)" '' "$name: the word before it is nothing to the table"
}
relocs rela 8 .rela.dyn -fPIE -pie
relocs static-rela 8 .rela.plt -static -no-pie
relocs static-pie 8 .rela.dyn -static-pie -fPIE
relocs rel 4 .rel.dyn -m32 -fPIE -pie

# RELR: an address, then bits for the words behind it.
if relocs relr 8 .relr.dyn -fPIE -pie -Wl,-z,pack-relative-relocs; then
  addr=$(table_addr relr)
  breaks PE111 relr 'relr: by a bit of the word behind' bytes .relr.dyn+0 \
    "$(little "$(printf %x $((0x$addr - 0x80)))" 8)$(little 10001 8)"
fi

# What is no entry of the table is not looked for: entries that would be, in a section that nothing loads.
printf 'raw' >raw
succeeds 'raw sections are put back' objcopy --add-section .pcdata=raw --add-section .rela.pcdata=raw rela left
is "$(rules_of left)" PE112 'PE112: raw sections in a finished file'
is "$(grep -c PE112 verified)" 2 'one finding a section'
is "$("$pctab_verify" left >/dev/null; echo $?) $("$pctab_verify" --fail-on=warning left >/dev/null; echo $?)" '0 1' 'it is a warning'
breaks PE114 rela 'the dynamic segment names relocations beyond everything' \
  bytes ".dynamic+$(readelf -dW rela | awk '/0x/ && !/Dynamic/ { if ($2 == "(RELASZ)") print 16 * n + 8; n++ }')" ffffff7f00000000
done_testing
