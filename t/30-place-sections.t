#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A finished file has no section of records and no relocations of one, whether it was written anew or filled in place;
# everything else is there as before, and the tools that packages run take it.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
need as ld readelf objcopy nm
[ "$(uname -m)" = x86_64 ] || skip_all 'the cases are amd64 assembly'
cat >marks.s <<'X'
	.include "records.inc"
	.text
	function work
	.cfi_startproc
	nop
.Lm:	nop
	nop
.Lend:	mov $42,%eax
	ret
	.cfi_endproc
.Lall:
	.size work,.-work
	mark .Lm .Lend -3
	.reloc .Lm, BFD_RELOC_NONE, 771b
	record 16 .Lm section=.pcsp
	.4byte .Lall-.Lm,0
	row 0 1 0 1 0 0 0 0 0 8 0 -8 0
	end
	.reloc .Lm, BFD_RELOC_NONE, 771b
	record 32 .Lm section=.pcln
	.4byte .Lall-.Lm,8,0
	.asciz "marks.c"
	.4byte 0,0,1,33
	end
	.reloc .Lm, BFD_RELOC_NONE, 771b
	.pushsection .pcdata,"o?","progbits",work
a_label_in_pcdata:
	.popsection
	.section .note.GNU-stack,"",%progbits
X
as --64 -g -I "$tap_src/t/data/section" -o marks.o marks.s
cat >main.c <<'X'
#include <stdio.h>
extern int work (void);
int main (void) { printf ("%d\n", work ()); return 0; }
X
"$CC" -g -O1 -fPIC -c main.c

# sections FILE: the names of all but records and their relocations.
sections () {
  readelf -SW "$1" | sed -n 's/^ *\[ *[0-9]*\] \([^ ]*\) .*/\1/p' | grep -Ev '^(\.rela)?\.(pcdata|pcsp|pcln)$'
}

# leave NAME OPTION...: NAME.raw, as the linker leaves it, and a copy.
leave () {
  local name=$1
  shift
  "$CC" main.o marks.o -o "$name.raw" $flags,-plugin-opt=link=/bin/true "$@" && cp "$name.raw" "$name"
}

# Files that are written anew, and files that are filled in place: big ones, one with another name.
for name in renewed relocs shared.so stripped; do
  case $name in
  relocs) options=-Wl,--emit-relocs ;;
  shared.so) options=-shared ;;
  stripped) options=-s ;;
  *) options=-g ;;
  esac
  leave $name $options && "$pctab_link" --stats $name 2>&1 | grep -q 'new file' || diag "$name is not written anew"
done
head -c 3000000 /dev/urandom >junk
for name in filled filledrelocs; do
  options=-g
  [ $name = filled ] || options=-Wl,--emit-relocs
  leave $name -Wl,-plugin-opt=reserve=20000 $options
  objcopy --add-section .junk=junk $name.raw
  cp $name.raw $name
  "$pctab_link" --stats $name 2>&1 | grep -q 'in place' || diag "$name is not filled in place"
done
leave linked -Wl,-plugin-opt=reserve=20000
ln linked other && "$pctab_link" linked && rm other
files="renewed relocs shared.so stripped filled filledrelocs linked"
if have ld.lld; then
  "$pctab_link" --placeholder=place.o --like=main.o
  "$CC" -fuse-ld=lld main.o marks.o place.o -o lld.raw -Wl,-T,"$pctab_lld_ld" -Wl,--emit-relocs && cp lld.raw lld \
    && "$pctab_link" lld
  files="$files lld"
fi

for file in $files; do
  like "$(readelf -SW $file.raw)" '\.pcdata ' "$file: the linker left records"
  placed $file
  ok $? "$file: a table"
  readelf -SW $file | grep -E 'pcdata|pcsp|pcln'
  ok $((! $?)) "$file: no records"
  is "$(sections $file)" "$(sections $file.raw)" "$file: all other sections"
  run readelf -aW $file
  is "$status $(printf '%s\n' "$out" | grep -c '^readelf:')" '0 0' "$file: readelf has no complaint"
  # Symbols of the sections that went, and of sections as such, are not compared.
  for f in $file $file.raw; do
    symbols_of $f | grep -Ev '^ |^a_label_in_pcdata' | sort >$f.symbols
  done
  cmp $file.symbols $file.raw.symbols
  ok $? "$file: $(wc -l <$file.symbols) symbols as they were"
  differ=
  for s in $(sections $file | grep -Ev '^(NULL|\.(pctab|bss|tbss|symtab|strtab|shstrtab|rela\..*))$'); do
    for f in $file $file.raw; do
      objcopy -O binary --only-section="$s" --set-section-flags "$s=alloc" $f $f.bytes 2>/dev/null
    done
    cmp -s $file.bytes $file.raw.bytes || differ="$differ $s"
  done
  is "$differ" '' "$file: contents as they were"
  [ $file != stripped ] && [ $file != shared.so ] || continue
  is "$(./$file)" 42 "$file: runs"
  pc=$(nm $file | sed -n 's/^0*\([0-9a-f]*\) T work$/\1/p')
  like "$("$pctab_dump" --lookup $file "$(printf 0x%x $((0x$pc + 2)))")" '"file":"marks.c","line":33.*"unsafe_point":\{"value":-3' \
    "$file: the table has what the records say"
done
growth=$(($(stat -c %s filled) - $(stat -c %s filled.raw)))
[ $growth -lt 8192 ]
ok $? "filled in place, a file grows by new headers alone: $growth bytes"

# A symbol of a section that went keeps its number, since relocations name the others by theirs.
if have eu-elflint; then
  for file in $files; do
    [ $file != lld ] || continue # what lld writes is not to its liking
    succeeds "$file: eu-elflint" eu-elflint -q --gnu-ld $file
  done
fi
cnt=$(readelf -rW relocs.raw | grep -c 'R_X86_64_NONE')
is "$(readelf -rW relocs | grep -c 'R_X86_64_NONE .* \.text ')" "$cnt" \
  "--emit-relocs: $cnt relocations that tied code to records name the code"
nm relocs | grep -q a_label_in_pcdata
ok $((! $?)) 'a label in records is no symbol any more'

# keeps NAME COMMAND...: COMMAND over a copy named work; the table is as before, and programs run.
keeps () {
  local name=$1 file good
  shift
  if ! have "$1"; then
    skip "$name" "$1 is not installed"
    return
  fi
  for file in renewed relocs filled filledrelocs linked shared.so; do
    cp $file work
    rm -f aux
    table_bytes work >before
    run "$@"
    good=$status
    table_bytes work >after && [ -s after ] && cmp before after && placed work || good=1
    [ $file = shared.so ] || [ "$(./work)" = 42 ] || good=1
    ok "$good" "$name: $file"
    [ "$good" = 0 ] || diag "$out"
  done
}
keeps 'strip' strip work
keeps 'strip -g' strip -g work
keeps 'eu-strip' eu-strip -f aux work
keeps 'objcopy' objcopy work
keeps 'objcopy --only-keep-debug, then strip with a debug link' \
  sh -c 'objcopy --only-keep-debug work aux && strip -g work && objcopy --add-gnu-debuglink=aux work'
keeps 'dwz' dwz work
keeps 'patchelf' patchelf --set-rpath /nonexistent/a/very/long/path/that/does/not/fit/anywhere work
keeps 'gdb' sh -c 'gdb -nx -batch -ex "info line main" work 2>&1 | grep -q "main.c"'
keeps 'gdb-add-index' sh -c 'command -v gdb >/dev/null || exit 0; gdb-add-index work'
keeps 'debugedit' debugedit -b "$PWD" -d /usr/src/debug work
fails 'a finished file has nothing left to be finished again' 'finished table already' "$pctab_link" renewed
done_testing
