#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Records go from files of every width and byte order, written anew and filled in place, with and without relocations
# kept; the table has what they said.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
need readelf
cat >main.c <<'X'
int work (void);
int zero[100];
int main (void) { return work () + zero[3]; }
X
files=0

# sections FILE: the names of all but records and their relocations.
sections () {
  readelf -SW "$1" | sed -n 's/^ *\[ *[0-9]*\] \([^ ]*\) .*/\1/p' | grep -Ev '^(\.rela?)?\.(pcdata|pcsp|pcln)$'
}

# target TRIPLET WORD
target () {
  local cc=$1-gcc options reserve file
  if ! have "$cc"; then
    skip "$1" "$cc is not installed"
    return
  fi
  sed "s/word=8/word=$2/; s/\.8byte/.dc.a/" "$tap_src/t/data/section/records.inc" >records.inc
  cat >marks.s <<'X'
	.include "records.inc"
	.text
	function work
	.cfi_startproc
	nop
.Lm:	nop
	nop
.Lend:	nop
	nop
	.cfi_endproc
	.size work,.-work
	mark .Lm, .Lend, -3
	.section .note.GNU-stack,"",%progbits
X
  "$cc" -Wa,-I. -c marks.s -o marks.o || exit 99
  "$cc" -g -fPIC -c main.c || exit 99
  for options in '-static' '-shared -Wl,--emit-relocs'; do
    for reserve in 16 200000; do
      # shellcheck disable=SC2086
      "$cc" main.o marks.o -o from $options $flags,-plugin-opt=link=/bin/true,-plugin-opt=reserve=$reserve || exit 99
      cp from file
      [ $reserve = 16 ] || ln file other
      run "$pctab_link" --stats file
      rm -f other
      [ $reserve = 16 ] && want='new file' || want='in place'
      like "$out" "$want" "$1 $options: finished, $want"
      placed file && [ "$(sections file)" = "$(sections from)" ] && ! readelf -SW file | grep -q '\.pc[dsl]'
      ok $? "$1 $options: without records, all else is there"
      for f in file from; do
        symbols_of $f | grep -Ev '^ ' | sort >$f.symbols
      done
      run readelf -aW file
      [ "$(printf '%s\n' "$out" | grep -c '^readelf: Error')" = 0 ] && cmp file.symbols from.symbols
      ok $? "$1 $options: $(wc -l <file.symbols) symbols as they were"
      pc=$(readelf -sW file | sed -n 's/^ *[0-9]*: 0*\([0-9a-f]*\) .* work$/\1/p' | head -n 1)
      insn=$(($(readelf -sW file | awk '$8 == "work" { print $3; exit }') / 5))
      # Thumb: the symbol's address has bit 0 set.
      like "$("$pctab_dump" --lookup file "$(printf 0x%x $(((0x$pc & ~1) + 2 * insn)))")" \
        "\"unsafe_point\":\\{\"value\":-3,.*\"start\":\"$(printf 0x%x $(((0x$pc & ~1) + insn)))\"" "$1 $options: the mark is in the table"
      files=$((files + 1))
    done
  done
}
target x86_64-linux-gnu 8
target i686-linux-gnu 4
target aarch64-linux-gnu 8
target arm-linux-gnueabihf 4
target riscv64-linux-gnu 8
target s390x-linux-gnu 8
target powerpc64le-linux-gnu 8
target mipsel-linux-gnu 4
diag "$files files"
done_testing
