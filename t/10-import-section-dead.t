#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Records of code that did not get into the file are ignored, and the others kept, with both linkers and however the
# code went away; a link without the plugin takes no harm from records.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
need as ld
[ "$(uname -m)" = x86_64 ] || skip_all 'the cases are amd64 assembly'
printer=$tap_build/t/tool/model_print

# object NAME FUNCTION...: each function in a section of its own, with an unsafe mark of a length of its own.
object () {
  local name=$1 f len=1
  shift
  {
    echo '	.include "records.inc"'
    for f; do
      printf '\t.section .text.%s,"ax",%%progbits\n\tfunction %s\n\t.cfi_startproc\n\tnop\n.L%s: .skip %d,0x90\n.Le%s: ret\n' \
        "$f" "$f" "$f" $len "$f"
      printf '\t.cfi_endproc\n\t.size %s,.-%s\n\tmark .L%s .Le%s -2\n\t.reloc .L%s, BFD_RELOC_NONE, 771b\n' "$f" "$f" "$f" "$f" "$f"
      len=$((len + 1))
    done
    echo '	.section .note.GNU-stack,"",%progbits'
  } >"$name.s"
  as --64 -I "$tap_src/t/data/section" -o "$name.o" "$name.s" || exit 99
}

# lengths FILE: of the marks that are there.
lengths () {
  # shellcheck disable=SC2046
  echo $("$printer" marks "$1" | while read -r _ from to _; do echo $((0x$to - 0x$from)); done)
}

object abc a b c
for linker in bfd lld; do
  if [ $linker = lld ] && ! have ld.lld; then
    skip 'ld.lld' 'it is not installed'
    continue
  fi
  ld=ld
  [ $linker = bfd ] || ld=ld.lld
  $ld -e a -o all abc.o
  is "$(lengths all)" '1 2 3' "$linker: all functions are there"
  for live in a b c; do
    for pie in '' -pie -shared; do
      [ "$pie" = -shared ] || $ld $pie --gc-sections -e $live -o part abc.o
      [ "$pie" != -shared ] || { echo "{ global: $live; local: *; };" >v; $ld -shared --gc-sections --version-script=v -o part abc.o; }
      case $live in a) want=1 ;; b) want=2 ;; c) want=3 ;; esac
      is "$(lengths part)" $want "$linker $pie: $live alone is left by --gc-sections"
    done
  done
done

# Records that are tied to nothing: the linkers leave addresses of nothing in them.
sed 's/"o?","progbits",\\address/"","progbits"/' "$tap_src/t/data/section/records.inc" >records.inc
sed -e '/\.reloc/d' -e 's/771b/0/' abc.s >untied.s
as --64 -I . -o untied.o untied.s
for linker in ld ld.lld; do
  for pie in '' -pie; do
    have $linker || continue
    $linker $pie --gc-sections -e b -o part untied.o
    succeeds "$linker $pie: untied records of dead functions are no errors" "$printer" marks part
    like "$(lengths part)" '^2?$' "$linker $pie: and leave no marks"
  done
done

cat >cxx.cc <<'S'
inline __attribute__ ((noinline)) int both (int x) {
  __asm__ volatile (".pushsection .pcdata,\"o?\",\"progbits\",.Lm%=\n.byte 1,2,8,0\n.4byte 24\n.8byte .Lm%=\n.4byte 2,-2\n.popsection\n.Lm%=: nop; nop" : "+r" (x));
  return x;
}
int NAME () { return both (1); }
S
if have g++; then
  for n in one two; do g++ -O1 -DNAME=$n -c cxx.cc -o $n.o; done
  echo 'int one (); int two (); int main () { return one () + two () - 2; }' >main.cc
  succeeds 'a COMDAT function in two objects' g++ -O1 main.cc one.o two.o -o comdat
  is "$(lengths comdat)" 2 'has one mark'
else
  skip 'a COMDAT function' 'g++ is not installed'
fi

# Addresses of nothing: 0, and what is in no section.
cat >zero.s <<'S'
	.include "records.inc"
	.text
	function f
	.cfi_startproc
.Lf:	.skip 8,0x90
.Le:
	.cfi_endproc
	.macro dead address
	.pushsection .pcdata,"o?","progbits",.Lf
	.byte 1,2,8,0
	.4byte 24
	.8byte \address
	.4byte 4,-2
	.popsection
	.endm
	dead 0
	dead 1
	dead 0x7fffffffffff
	dead -1
	mark .Lf .Le -2
S
as --64 -I "$tap_src/t/data/section" -o zero.o zero.s
ld -e f -Ttext=0x401000 -o zero zero.o
is "$(lengths zero)" 8 'addresses 0, 1 and far away are dead'

# Without the plugin.
cat >run.c <<'S'
#include <stdio.h>
int main (void)
{
  __asm__ volatile (".pushsection .pcdata,\"o?\",\"progbits\",.Lm%=\n.byte 1,2,8,0\n.4byte 24\n.8byte .Lm%=\n.4byte 1,-2\n.popsection\n.Lm%=: nop" : :);
  puts ("runs");
  return 0;
}
S
for options in '' -static -pie -s '-fuse-ld=lld'; do
  [ "$options" != -fuse-ld=lld ] || have ld.lld || continue
  # shellcheck disable=SC2086
  succeeds "a link without the plugin: $options" "$CC" $options run.c -o plain
  is "$(./plain)" runs 'and its program runs'
done
readelf -SW plain | grep -q pcdata && ! readelf -lW plain | grep -q pcdata
ok $? 'records are there, but in no segment'
if have eu-elflint; then
  succeeds 'eu-elflint finds nothing' sh -c "$CC run.c -o plain && eu-elflint -q --gnu-ld plain"
fi
done_testing
