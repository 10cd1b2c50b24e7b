#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Damaged frames and debug information in a real link: ld exits non-zero with one message that names file, section,
# offset and what to do, and leaves no output; where only lines suffer, lines=no links all the same.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
need objcopy readelf perl
[ "$("$CC" -dumpmachine | cut -d- -f1)" = x86_64 ] || skip_all 'the damage is written for x86-64'
cat >a.c <<'X'
extern int g (int);
int __attribute__ ((noinline)) f (int v) { return g (v) + 1; }
int main (void) { return f (-1); }
X
echo 'int g (int v) { return v; }' >b.c
"$CC" -O1 -gdwarf-5 -c a.c -o a5.o && "$CC" -O1 -gdwarf-4 -c a.c -o a4.o && "$CC" -O1 -gdwarf-5 -c b.c
rebuild='rebuild the object it came from, or leave lines out with lines=no'
cases=0

# refused WHAT MESSAGE ARGUMENTS...: ld (with $more behind the flags) fails with this literal message, "0x..." standing
# for any offset.
refused () {
  local what=$1 want="error: pctab-link: prog: $2"
  shift 2
  rm -f prog
  run "$CC" "$@" -o prog "$flags${more:-}"
  is "$status $(printf '%s\n' "$out" | sed -n 's/0x[0-9a-f]*/0x.../g; s/.*\(error: pctab-link: \)/\1/p')" "1 $want" \
    "$what: ${want#*prog: }"
  [ ! -e prog ]
  ok $? "$what: no output"
  cases=$((cases + 1))
}

# lines_no WHAT ARGUMENTS...: the same links with lines=no.
lines_no () {
  local what=$1
  shift
  rm -f prog
  succeeds "$what: lines=no links" "$CC" "$@" -o prog $flags,-plugin-opt=lines=no
  placed prog && ./prog
  ok $? "$what: lines=no: runs, and the table is in its place"
  run "$pctab_dump" --lookup prog "0x$(nm prog | sed -n 's/ T f$//p')"
  like "$out" '"func": ?"f".*"cfa": ?\{"base": ?"sp", ?"offset": ?8\}' "$what: lines=no: names and frames are there"
}

# section_of FILE SECTION: its bytes, as the file "section".
section_of () {
  perl -e 'my ($path, $want) = @ARGV; local $/; open my $f, "<:raw", $path or die; my $d = <$f>;
    my ($shoff, $num, $names) = (unpack ("x40Q", $d), unpack "x60vv", $d);
    my @s = map { [unpack "VVQQQQ", substr $d, $shoff + 64 * $_, 64] } 0 .. $num - 1;
    for (@s) { my $name = unpack "Z*", substr $d, $s[$names][4] + $_->[0];
      if ($name eq $want) { open my $o, ">:raw", "section" or die; print $o substr $d, $_->[4], $_->[5]; exit 0 } }
    die "$path has no $want\n"' "$1" "$2"
}

# cut_to FROM TO SECTION BYTES: the section ends after BYTES, or -BYTES before its end.
cut_to () {
  section_of "$1" "$3" && head -c "$4" section >less && [ "$(stat -c %s less)" -lt "$(stat -c %s section)" ] &&
    objcopy --update-section "$3=less" "$1" "$2"
}

# patched FROM TO SECTION OFFSET HEX: the section has these bytes there.
patched () {
  section_of "$1" "$3" &&
    perl -e 'my ($at, $hex) = @ARGV; local $/; open my $f, "+<:raw", "section" or die; my $d = <$f>;
      substr $d, $at, length ($hex) / 2, pack "H*", $hex; seek $f, 0, 0; print $f $d' "$4" "$5" &&
    objcopy --update-section "$3=section" "$1" "$2"
}

# The damaged unit is the last one, so that nothing follows that could stand for what is missing.
table='table at 0x..., of the unit at 0x...:'
for v in 4 5; do
  for len in 3 20 -1; do
    cut_to a$v.o bad.o .debug_info $len
    refused "DWARF $v, .debug_info, head -c $len" \
      ".debug_info: unit at 0x...: goes beyond the section's end; $rebuild" b.o bad.o
    cut_to a$v.o bad.o .debug_line $len
    refused "DWARF $v, .debug_line, head -c $len" \
      ".debug_line: $table goes beyond the section's end; $rebuild" b.o bad.o
  done
  lines_no "DWARF $v, .debug_line, head -c -1" b.o bad.o
  cut_to a$v.o bad.o .debug_abbrev 20
  refused "DWARF $v, .debug_abbrev, head -c 20" \
    ".debug_abbrev: table at 0x...: is cut short or damaged; $rebuild" b.o bad.o
  lines_no "DWARF $v, .debug_abbrev, head -c 20" b.o bad.o
  patched a$v.o bad.o .debug_info 4 0900
  refused "DWARF $v, a unit of version 9" \
    ".debug_info: unit at 0x...: is of an unknown DWARF version (2 to 5 are known); $rebuild" b.o bad.o
  patched a$v.o bad.o .debug_line 4 0900
  refused "DWARF $v, a line table of version 9" \
    ".debug_line: $table is of an unknown version (2 to 5 are known); $rebuild" b.o bad.o
  patched a$v.o bad.o .debug_info 0 f0ffffff
  refused "DWARF $v, a unit of a reserved length" \
    ".debug_info: unit at 0x...: its length is one of the reserved ones; $rebuild" b.o bad.o
  patched a$v.o bad.o .debug_line $((v == 4 ? 6 : 8)) ffffff7f
  refused "DWARF $v, a line header that is too long" \
    ".debug_line: $table its header goes beyond its end; $rebuild" b.o bad.o
done

# Written by hand, for parts that contradict each other.  hand: hand.o from $abbrev, $code, $line, $form, $program.
hand () {
  cat >hand.s <<X
  .text
  .globl g
  .type g, @function
g:
  .cfi_startproc
  mov %edi, %eax
  ret
  .cfi_endproc
.Lend:
  .size g, . - g
  .section .debug_info, "", @progbits
  .4byte 2f - 1f
1:.2byte 5
  .byte 1, 8
  .4byte ${abbrev:-.Labbrev}
  .uleb128 ${code:-1}
  .asciz "hand.c"
  .4byte ${line:-.Lline}
  .8byte g
  .8byte .Lend - g
2:
  .section .debug_abbrev, "", @progbits
.Labbrev:
  .uleb128 1, 0x11
  .byte 0
  .uleb128 0x03, ${form:-0x08}, 0x10, 0x17, 0x11, 0x01, 0x12, 0x07, 0, 0, 0
  .section .debug_line, "", @progbits
.Lline:
  .4byte 2f - 1f
1:.2byte 5
  .byte 8, 0
  .4byte 4f - 3f
3:.byte 1, 1, 1, -5, 14, 13, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1
  .byte 1
  .uleb128 1, 0x08, 1
  .asciz "/src"
  .byte 2
  .uleb128 1, 0x08, 2, 0x0b, 2
  .asciz "hand.c"
  .byte 0
  .asciz "hand.c"
  .byte 0
4:.byte 0, 9, 2
  .8byte g
  .byte 1, 2, 3
  ${program:-.byte 0, 1, 1}
2:
  .section .note.GNU-stack, "", @progbits
X
  as hand.s -o hand.o
}
hand
succeeds 'written by hand: without damage it links' "$CC" a5.o hand.o -o prog $flags
run "$pctab_dump" --lookup prog "0x$(nm prog | sed -n 's/ T g$//p')"
like "$out" '"func": ?"g".*"file": ?"/src/hand.c", ?"line": ?1' 'written by hand: without damage its line is there'
code=7 hand
refused 'an abbreviation that is not there' \
  ".debug_info: unit at 0x...: uses an abbreviation that .debug_abbrev does not have; $rebuild" a5.o hand.o
lines_no 'an abbreviation that is not there' a5.o hand.o
abbrev=0x7fffffff hand
refused 'abbreviations that are not there' \
  ".debug_abbrev: a unit's table would be at 0x..., beyond the section's end; $rebuild" a5.o hand.o
line=0x7fffffff hand
refused 'a line table that is not there' ".debug_line: $table lies beyond the section's end; $rebuild" a5.o hand.o
lines_no 'a line table that is not there' a5.o hand.o
form=0x7f hand
refused 'an unknown form' \
  ".debug_info: unit at 0x...: its first entry is cut short or has an unknown form; $rebuild" a5.o hand.o
program='.byte 0, 200, 1' hand
refused 'a line program that is cut in an instruction' \
  ".debug_line: program of the table at 0x...: is damaged in the sequence at 0x...; $rebuild" a5.o hand.o
lines_no 'a line program that is cut in an instruction' a5.o hand.o

# Frames, where lines=no is no remedy and not offered.
frame='find the object it came from (readelf -wf) and build that anew'
"$CC" -O1 -c a.c -o a.o && "$CC" -O1 -c b.c
part () { printf '.section %s\n%s\n.section .note.GNU-stack,"",@progbits\n' "$2" "$3" | as -o "$1" -; }
# crtend.o's part comes behind them otherwise.
last='-nostartfiles -Wl,-e,main,--no-eh-frame-hdr'
part long.o '.eh_frame,"a",@progbits' '.4byte 64, 0'
# shellcheck disable=SC2086
refused '.eh_frame, an entry that is longer than the section' \
  ".eh_frame: the entry at 0x... is longer than the section; $frame" $last a.o b.o long.o
cut_to a.o bad.o .eh_frame 32
# shellcheck disable=SC2086
refused '.eh_frame, head -c 32' ".eh_frame: the entry at 0x... is longer than the section; $frame" $last b.o bad.o
# shellcheck disable=SC2086
more=,-plugin-opt=lines=no refused '.eh_frame, head -c 32, with lines=no' \
  ".eh_frame: the entry at 0x... is longer than the section; $frame" $last b.o bad.o
part long.o '.debug_frame,"",@progbits' '.4byte 64, 0xffffffff'
refused '.debug_frame, an entry that is longer than the section' \
  ".debug_frame: the entry at 0x... is longer than the section; $frame" a.o b.o long.o
part lost.o '.debug_frame,"",@progbits' '.4byte 21, 1234567
.8byte main, 1
.byte 0'
refused '.debug_frame, an FDE without a CIE' \
  ".debug_frame: the entry at 0x... is an FDE whose CIE pointer leads to no CIE; $frame" a.o b.o lost.o

# No .eh_frame at all is no error: .debug_frame instead, or names alone.
cat >bare.s <<'X'
  .globl _start
  .type _start, @function
_start:
  mov $60, %eax
  xor %edi, %edi
  syscall
  .size _start, . - _start
  .section .note.GNU-stack,"",@progbits
X
as bare.s -o bare.o
succeeds 'no .eh_frame: links' "$CC" -nostdlib -static bare.o -o prog $flags
is "$out" '' 'no .eh_frame: says nothing'
is "$(readelf -SW prog | grep -c frame)" 0 'no .eh_frame: there is none'
placed prog && ./prog
ok $? 'no .eh_frame: runs, and the table is in its place'
run "$pctab_dump" --lookup prog "0x$(nm prog | sed -n 's/ T _start$//p')"
like "$out" '"func": ?"_start".*"cfa": ?null, ?"ra": ?null, ?"fp": ?null, ?"spdelta": ?null' \
  'no .eh_frame: the name is known, the frame is not'
"$CC" -O1 -g -fno-asynchronous-unwind-tables -c a.c -o a.o && "$CC" -O1 -fno-asynchronous-unwind-tables -c b.c
succeeds '.debug_frame alone: links' "$CC" -nostdlib -static -Wl,-e,main a.o b.o -o prog $flags
is "$(readelf -SW prog | grep -c 'eh_frame')$(readelf -SW prog | grep -c debug_frame)" 01 \
  '.debug_frame alone: it is alone'
run "$pctab_dump" --lookup prog "0x$(nm prog | sed -n 's/ T f$//p')"
like "$out" '"func": ?"f".*"cfa": ?\{"base": ?"sp", ?"offset": ?8\}' '.debug_frame alone: frames come from it'
diag "$cases cases refused"
done_testing
