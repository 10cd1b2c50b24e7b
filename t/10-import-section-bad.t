#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Records that are damaged or contradict each other: the link fails, leaves no output, and the message names section,
# record and function and says what to do.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
need as ld
[ "$(uname -m)" = x86_64 ] || skip_all 'the cases are amd64 assembly'
cat >head.s <<'S'
	.include "records.inc"
	.text
	.skip 16
	function f
	.cfi_startproc
	.skip 1
.Lf1:	.skip 3
.Lf4:	.skip 12
	.cfi_endproc
	.size f,.-f
	function g
	.cfi_startproc
.Lg:	.skip 16
.Lend:
	.cfi_endproc
	.size g,.-g
	.section .note.GNU-stack,"",%progbits
	.text
S
bad_cnt=0

# link OPTION...: case.s as prog, with table.
link () {
  cat head.s case.s >all.s
  as --64 -I "$tap_src/t/data/section" -o case.o all.s || exit 99
  rm -f prog
  run ld -e f -o prog case.o "$@" -T "$pctab_ld" -plugin "$pctab_so"
}

# bad WHAT PATTERN [.]: the case on standard input (.: in case.s) is refused.  %f stands for "prog: .pcdata: [object: ]f+0x1: record at 0x".
bad () {
  local pattern=${2//%f/'prog: \.pcdata: (.*: )?f\+0x1: record at 0x'}
  [ $# = 3 ] || cat >case.s
  link
  bad_cnt=$((bad_cnt + 1))
  [ "$status" != 0 ] && [ ! -e prog ] && printf '%s\n' "$out" | grep -Eq -- "$pattern" && printf '%s\n' "$out" | grep -q '; '
  ok $? "$1"
  [ "$status" != 0 ] && [ ! -e prog ] && printf '%s\n' "$out" | grep -Eq -- "$pattern" || diag "status $status" "$out"
}

# good WHAT [.]: the case on standard input (.: in case.s) is linked.
good () {
  [ $# = 2 ] || cat >case.s
  link
  [ "$status" = 0 ] && placed prog
  ok $? "$1"
  [ "$status" = 0 ] || diag "$out"
}

good 'no record at all' </dev/null
good 'a mark' <<'S'
	mark .Lf1 .Lf4 -2
S

# --- heads ---

bad 'a head that is cut off' '\.pcdata: record at 0x18 is cut off: 3 bytes are left' <<'S'
	mark .Lf1 .Lf4 -2
	.pushsection .pcdata,"o?","progbits",.Lf1
	.byte 1,2,8
	.popsection
S
bad 'a record that is cut off' '%f0 is cut off: it claims 24 bytes where 16 are left' <<'S'
	.pushsection .pcdata,"o?","progbits",.Lf1
	.byte 1,2,8,0
	.4byte 24
	.8byte .Lf1
	.popsection
S
bad 'a size less than the head' '%f0 has a damaged head.* size 15;' <<'S'
	.pushsection .pcdata,"o?","progbits",.Lf1
	.byte 1,2,8,0
	.4byte 15
	.8byte .Lf1
	.popsection
S
bad 'a size of 0' '%f0 has a damaged head.* size 0;' <<'S'
	.pushsection .pcdata,"o?","progbits",.Lf1
	.byte 1,2,8,0
	.4byte 0
	.8byte .Lf1
	.popsection
S
bad 'a newer version' '%f0 has version 2, and this pctab-link knows version 1; use a newer one' <<'S'
	record 2 .Lf1 version=2
	.4byte 1,-2
	end
S
bad 'padding' 'record at 0x18 has version 0, .*without padding' <<'S'
	mark .Lf1 .Lf4 -2
	.pushsection .pcdata,"o?","progbits",.Lf1
	.p2align 5
	.popsection
	mark .Lf1 .Lf4 -2
S
bad 'the other word size' '%f0 has words of 4 bytes in a file of 64 bit' <<'S'
	record 2 .Lf1 word=4
	.4byte 1,-2
	end
S
bad 'an unknown kind' '%f0 is of kind 6, which this pctab-link does not know; use a newer one' <<'S'
	record 6 .Lf1
	end
S
bad 'a kind of another section' '%f0 is of kind 16 \(frame\); put it into \.pcsp' <<'S'
	record 16 .Lf1
	end
S
bad 'and the other way round' '\.pcsp: (.*: )?f\+0x1: record at 0x0 is of kind 2 \(mark\); put it into \.pcdata' <<'S'
	record 2 .Lf1 section=.pcsp
	.4byte 1,-2
	end
S
bad 'a bit set where there is none' '%f0 has a damaged head: byte 3 is 1' <<'S'
	record 2 .Lf1 zero=1
	.4byte 1,-2
	end
S
bad 'a stretch of no bytes that is a restart range' '\.pcdata: (.*: )?f\+0x1 \(0 bytes\): a restart range without' <<'S'
	record 1 .Lf1
	.4byte 0
	.4byte .Lf1-.Lf1,-3
	end
S
bad 'the same behind another' '\.pcdata: (.*: )?f\+0x4 \(0 bytes\): a restart range without' <<'S'
	record 1 .Lf1
	.4byte 0
	.4byte .Lf4-.Lf1,-2
	.4byte 0,-5
	end
S
good 'stretches of no bytes that say nothing' <<'S'
	record 1 .Lf1
	.4byte 0
	.4byte 0,-1,0,-2
	end
	record 1 .Lf1
	.4byte 7
	.4byte 0,-3
	end
S
for flags in '"a","progbits"' '"ao?","progbits",.Lf1' '"o?","note",.Lf1'; do
  bad "records in a section with $flags" '\.pcdata: has records, but is .*; let its flags' <<S
	.pushsection .pcdata,$flags
	.byte 1,2,8,0
	.4byte 24
	.8byte .Lf1
	.4byte 3,-2
	.popsection
S
done
good 'a loaded section of that name that has something else' <<'S'
	.section .pcdata,"a",%progbits
	.ascii "what others keep in .pcdata"
	.text
S
bad 'a mark in data' 'prog: \.pcdata: record at 0x0 \(mark\): a mark in data, at 0x[0-9a-f]+; only code' <<'S'
	.data
.Ld:	.8byte 0
	.text
	mark .Ld .Ld+4 -2
S
bad 'a mark in zero data' 'a mark in data' <<'S'
	.bss
.Ld:	.skip 8
	.text
	mark .Ld .Ld+4 -2
S

# --- .pcdata ---

bad 'a mark that is cut off' '%f0 \(mark\): is cut off; its size' <<'S'
	record 2 .Lf1
	.4byte 1
	end
S
bad 'a mark that is too long' '%f0 \(mark\): has 4 bytes too many' <<'S'
	record 2 .Lf1
	.4byte 1,-2,0
	end
S
for value in 0 -1 -4 -6; do
  bad "a mark of $value" "%f0 \\(mark\\): has the value $value; a mark is -2" <<S
	mark .Lf1 .Lf4 $value
S
done
bad 'a mark behind the code' '%f0 \(mark\): speaks of 32 bytes where only 31 of code are left; make both its labels' <<'S'
	record 2 .Lf1
	.4byte 32,-2
	end
S
bad 'a mark whose end lies before it' '%f0 \(mark\): speaks of 4294967295 bytes' <<'S'
	mark .Lf1 f -2
S
bad 'values: an unknown one' '%f0 \(values\): has the value -6 in table 0, UnsafePoint; there are -1 to -5' <<'S'
	record 1 .Lf1
	.4byte 0, 1,-6
	end
S
bad 'values: half a stretch' '%f0 \(values\): is cut off' <<'S'
	record 1 .Lf1
	.4byte 0, 1,-2, 1
	end
S
bad 'values: behind the code' '%f0 \(values\): its stretches reach 2 bytes behind the code' <<'S'
	record 1 .Lf1
	.4byte 5, 30,1, 3,2
	end
S
bad 'a point that is neither begin nor end' '%f0 \(point\): is neither .*: 3; say 1 or 2' <<'S'
	point .Lf1 3 1
S
bad 'unknown flags' '%f0 \(function flags\): has flags 0x20, which this pctab-link does not know' <<'S'
	flags .Lf1 .Lf4 32
S
bad 'flags that contradict each other' '%f0 \(function flags\): has flags 0x11, which say preemptible' <<'S'
	flags .Lf1 .Lf4 17
S
bad 'two records whose flags do' '\.pcdata: (.*: )?f: is declared both preemptible and not preemptible' <<'S'
	flags .Lf1 .Lf4 16
	flags .Lf4 .Lg 1
S
for text in '\377' '\300\200' '\355\240\200' '\364\220\200\200' '\303'; do
  bad "a table's name: '$text'" '%f0 \(table name\): gives table 7 a name that is longer than 65535 bytes or not UTF-8' <<S
	name .Lf1 7 "$text"
S
done
good "a table's name of 2, 3 and 4 bytes a letter, and an empty one" <<'S'
	name .Lf1 8 ""
	name .Lf1 7 "\302\200\340\240\200\355\237\277\357\277\277\360\220\200\200\364\217\277\277"
S
bad 'a name without end' '%f0 \(table name\): is cut off' <<'S'
	record 5 .Lf1
	.4byte 7
	.ascii "name"
	end
S
bad 'two names of one table' '\(table name\): names table 7 "two" where another record says "one"; give it one name' <<'S'
	name .Lf1 7 "one"
	name .Lf4 7 "two"
S

# --- .pcsp ---

frame () {
  printf '\trecord 16 .Lf1 section=.pcsp\n%s\n\tend\n' "$1"
}
usual='	row 0 1 0 1 0 0 0 0 0 8 0 -8 0'
f='\.pcsp: (.*: )?f\+0x1: record at 0x0 \(frame\): '
frame '	.4byte 3,0' >case.s
bad 'a frame without rows' "${f}has 0 bytes of rows" .
frame "	.4byte 3,0
$usual
	.4byte 1" >case.s
bad 'half a row' "${f}has 32 bytes of rows, which have 28 each" .
frame '	.4byte 3,0
	row 1 1 0 1 0 0 0 0 0 8 0 -8 0' >case.s
bad 'a first row that is not at the start' "${f}row 0 lies not at the frame's start; rows stand" .
frame "	.4byte 3,0
$usual
	row 2 1 0 1 0 0 0 0 0 16 0 -8 0
	row 2 1 0 1 0 0 0 0 0 8 0 -8 0" >case.s
bad 'a row behind the end' "${f}row 2 lies behind the frame's end" .
frame "	.4byte 3,0
$usual
	row 2 1 0 1 0 0 0 0 0 16 0 -8 0
	row -1 1 0 1 0 0 0 0 0 8 0 -8 0" >case.s
bad 'a row of another order' "${f}row 2 lies behind" .
frame "	.4byte 3,2
$usual" >case.s
bad 'unknown flags of a frame' "${f}.* unknown flags .0x2." .
for row in '6 0 1 0 0 0 0 0 8 0 -8 0' '1 0 5 0 0 0 0 0 8 0 -8 0' '1 0 1 0 5 0 0 0 8 0 -8 0' \
  '0 0 1 0 0 0 0 0 8 0 -8 0' '1 7 1 0 0 0 0 0 8 0 -8 0' '1 0 1 3 0 0 0 0 8 0 -8 0' '1 0 1 0 0 1 0 0 8 0 -8 0' \
  '1 0 1 0 0 0 1 0 8 0 -8 0' '1 0 1 0 0 0 0 1 8 0 -8 0' '1 0 1 0 0 0 0 0 8 1 -8 0' '1 0 0 0 0 0 0 0 8 0 -8 0' \
  '1 0 1 0 0 0 0 0 8 0 -8 -16' '5 3 1 0 0 0 3 0 8 0 -8 0'; do
  frame "	.4byte 3,0
	row 0 $row" >case.s
  bad "a row of $row" "${f}row 0 has an unknown kind .* or a field that is not 0 where" .
done
frame '	.4byte 40,0' >case.s
bad 'a frame behind the code' "${f}speaks of 40 bytes" .
frame "	.4byte 16,0
$usual" >case.s
bad 'a frame that leaves its function' "${f}reaches 1 bytes behind the end of its function" .
frame "	.4byte 15,0
$usual" >case.s
good 'one that ends with it' .
{ frame "	.4byte 3,0
$usual"; frame "	.4byte 2,0
$usual"; } >case.s
bad 'two frames for the same code' 'f\+0x1: record at 0x34 \(frame\): contradicts the record at 0x0, ' .
{ frame "	.4byte 3,0
$usual"; frame "	.4byte 3,0
$usual"; } >case.s
good 'which is fine when they say the same' .

# --- .pcln ---

# lines STRINGS-LEN CALLS FIELDS
lines () {
  printf '\trecord 32 .Lf1 section=.pcln\n\t.4byte 3,%s,%s\n%s\n\tend\n' "$1" "$2" "$3"
}
f='\.pcln: (.*: )?f\+0x1: record at 0x0 \(lines\): '
lines 4 0 '	.ascii "abc"' >case.s
bad 'strings that are cut off' "${f}its strings are cut off" .
lines 3 0 '	.ascii "abc"
	.4byte 0,0,1,1' >case.s
bad 'a string without end' "${f}its strings are cut off" .
lines 0 1 '	.4byte 0,0,0,0,0' >case.s
bad 'calls that are cut off' "${f}its 1 calls are cut off" .
lines 0 4294967295 '	.4byte 0,0,0,0' >case.s
bad 'more calls than there can be' "${f}its 4294967295 calls are cut off" .
lines 0 1 '	.4byte 1,0,0,0,0,0
	.4byte 0,0,0,0' >case.s
bad 'a call that is its own parent' "${f}call 1 has call 1 as its parent" .
lines 0 2 '	.4byte 2,0,0,0,0,0, 0,0,0,0,0,0
	.4byte 0,0,0,0' >case.s
bad 'a call whose parent comes later' "${f}call 1 has call 2 as its parent" .
for i in 1 2 4; do
  call=$(for k in 0 1 2 3 4 5; do [ $k = $i ] && printf 3 || printf 0; [ $k = 5 ] || printf ,; done)
  lines 4 1 "	.ascii \"a\\0b\\0\"
	.4byte $call
	.4byte 0,0,0,0" >case.s
  bad "a call's string that is not there: $call" "${f}names string 3 of 2" .
done
lines 4 0 '	.ascii "a\0b\0"
	.4byte 0,0,3,1' >case.s
bad "a step's string that is not there" "${f}names string 3 of 2" .
lines 0 0 '	.4byte 0,1,0,0' >case.s
bad "a step's call that is not there" "${f}step 0 is of call 1 of 0" .
lines 0 0 '' >case.s
bad 'no steps' "${f}has 0 bytes of steps" .
lines 0 0 '	.4byte 0,0,0,0,0' >case.s
bad 'half a step' "${f}has 20 bytes of steps" .
lines 0 0 '	.4byte 1,0,0,0' >case.s
bad 'a first step that is not at the start' "${f}step 0 lies not at the start" .
lines 0 0 '	.4byte 0,0,0,0, 4,0,0,0' >case.s
bad 'a step behind the end' "${f}step 1 lies behind the end" .
lines 0 0 '	.4byte 0,0,0,0' | sed 's/4byte 3,/4byte 16,/' >case.s
bad 'lines that leave their function' "${f}reaches 1 bytes behind" .
{ lines 0 0 '	.4byte 0,0,0,0'; lines 0 0 '	.4byte 0,0,0,0, 1,0,0,1'; } >case.s
bad 'two records for the same code' \
  '\.pcln: (.*: )?f\+0x1: record at 0x2c \(lines\): contradicts' .
lines 0 0 '	.4byte 0,0,0,0, 4,0,0,0' >case.s
link
rm -f prog
run ld -e f -o prog case.o -T "$pctab_ld" -plugin "$pctab_so" -plugin-opt=lines=no
placed prog
ok $? 'lines=no asks nothing of .pcln'

diag "$bad_cnt cases refused"
done_testing
