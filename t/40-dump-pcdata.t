#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# pctab-dump shows marks, flags and reasons: at a PC, by function in text and JSON, counted by --stats; each way says the
# same, and as the schema says.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
[ "$(uname -m)" = x86_64 ] || skip_all "the functions are written for x86-64"
need as perl nm

# Functions with a range of each value of UnsafePoint, tables with a name and without, and flags.  OBJECT-FORMAT.
cat >a.s <<'X'
	.text
	.globl	_start
	.macro	func name
	.type	\name, @function
\name:	.L\name:
	.cfi_startproc
	.fill	64, 1, 0x90
	.cfi_endproc
	.size	\name, 64
	.endm
	func	_start
	func	marked
	func	plain
	func	flagged
	.type	frameless, @function
frameless:
	.fill	16, 1, 0x90
	.size	frameless, 16

	.macro	head kind, len, at
	.byte	1, \kind, 8, 0
	.4byte	\len
	.8byte	\at
	.endm
	.section .pcdata, "o", @progbits, .Lmarked
	head	2, 24, .Lmarked+4
	.4byte	4, -2
	head	2, 24, .Lmarked+8
	.4byte	20, -3
	head	2, 24, .Lmarked+28
	.4byte	19, -3
	head	2, 24, .Lmarked+50
	.4byte	2, -5
	head	1, 28, .Lmarked
	.4byte	1000, 64, 123456
	head	5, 24, .Lmarked
	.4byte	7
	.asciz	"a\"b"
	head	1, 36, .Lplain
	.4byte	7, 10, 5, 10, 6
	head	4, 24, .Lflagged
	.4byte	64, 1+4+8
	head	4, 24, .L_start
	.4byte	64, 2+16
	.section .note.GNU-stack, "", @progbits
X
as a.s -o a.o && ld a.o -o prog -T "$pctab_ld" -plugin "$pctab_so" && placed prog
ok $? 'functions with marks and flags'
nm prog >symbols
# at NAME OFFSET: the address.
at () { printf '0x%x' $((0x$(sed -n "s/ [tT] $1$//p" symbols) + $2)); }

# value FUNCTION OFFSET WANT WHAT: unsafe_point there; WANT is value, name and the start's offset.
value () {
  local got
  got=$("$pctab_dump" --lookup prog "$(at "$1" "$2")" |
    sed 's/.*"unsafe_point":{"value":\([^,]*\),"name":"\([^"]*\)","start":"\([^"]*\)"}.*/\1 \2 \3/')
  is "$got" "${3% *} $(at "$1" "${3##* }")" "$1+$2: $4"
}
value marked 0 '-1 safe 0' 'before all'
value marked 3 '-1 safe 0' 'the last PC before'
value marked 4 '-2 unsafe 4' 'unsafe'
value marked 7 '-2 unsafe 4' 'unsafe, its last PC'
value marked 8 '-3 restart 1 8' 'restart'
value marked 27 '-3 restart 1 8' 'restart, its last PC'
value marked 28 '-4 restart 2 28' 'its neighbour has a start of its own'
value marked 46 '-4 restart 2 28' 'the last PC of that'
value marked 47 '-1 safe 47' 'safe again, from there on'
value marked 51 '-5 restart at entry 50' 'restart at entry'
value marked 63 '-1 safe 52' 'up to the end'
value plain 63 '-1 safe 0' 'a function with nothing'

# from_key NAME OFFSET KEY: the line from that key on.
from_key () { "$pctab_dump" --lookup prog "$(at "$1" "$2")" | grep -o "\"$3\":.*"; }
is "$(from_key frameless 3 flags)" '"flags":[],"reason":null,"pcdata":{"unsafe_point":null}}' \
  'code without frame information: nothing'
is "$(from_key plain 12 tables)" \
  "\"tables\":[{\"table\":7,\"value\":6,\"name\":\"a\\\"b\",\"start\":\"$(at plain 10)\"},{\"table\":1000,\"value\":-1,\"start\":\"$(at plain 0)\"}]}}" \
  'the other tables, with a name and without'
like "$(from_key flagged 9 flags)" \
  '^"flags":\["nopreempt","spwrite","asm"\],"reason":\{"number":3,"text":"its author says so"\},"pcdata"' 'flags and reason'
like "$(from_key _start 9 flags)" '^"flags":\["top"\],"reason":null' 'a declared top frame'

"$pctab_dump" prog >text
is "$(grep '  flagged  ' text)" "$(at flagged 0)-$(at flagged 64)  flagged  SP delta up to 8, writes SP, assembly, not preemptible: its author says so" \
  'text: the function with its reason'
is "$(grep ' UnsafePoint -' text | sed 's/^ *0x[0-9a-f]* *UnsafePoint //' | tr '\n' ' ')" \
  '-1 safe -2 unsafe -3 restart 1 -4 restart 2 -1 safe -5 restart at entry -1 safe ' 'text: the rows'
is "$(grep -c 'a"b \(5\|6\|-1\)$' text) $(grep -c 'table 1000 123456$' text)" '3 1' 'text: the other tables'
like "$(tr -s ' ' <text)" '^ not preemptible 1 functions; 1 write SP, 1 are assembly$' 'text: how many functions'
like "$(tr -s ' ' <text)" '^ pcdata 3 tables; 2 functions have 11 rows in them$' 'text: how many rows'

"$pctab_dump" --json prog >json
ok $? 'JSON'
sed -n 's/ [tT] .*//p' symbols | "$pctab_dump" --lookup prog >lines
cat >check.pl <<'X'
use strict; use warnings; use JSON::PP;
local $/;
open my $in, '<', 'json' or die; my $all = decode_json (scalar <$in>);
open $in, '<', 'text' or die; my $text = <$in>;
my ($rows, %rows, $reasons) = (0);
for my $f (@{$all->{functions}}) {
  for my $t (@{$f->{pcdata}}) {
    for my $row (@{$t->{rows}}) {
      my $name = $t->{name} // "table $t->{table}";
      $text =~ /^    $row->{pc}  \Q$name $row->{value}\E\b/m or die "not in the text: $row->{pc} $name $row->{value}\n";
      $rows++;
      $rows{$t->{table}}++;
    }
  }
  $reasons->{$f->{reason}{text}}++ if $f->{nopreempt};
}
my @shown = $text =~ /^    0x\S+  (?:UnsafePoint|a"b|table 1000) -?\d/mg;
die "rows\n" if $rows != $all->{counts}{pcdata_rows} || $rows != @shown;
for my $t (@{$all->{tables}}) { die "table $t->{table}\n" if $t->{rows} != ($rows{$t->{table}} // 0); }
for my $r (@{$all->{reasons}}) { die "reason\n" if $reasons->{$r->{text}} != $r->{functions}; }
print "$rows rows in ", scalar @{$all->{tables}}, " tables, ", scalar @{$all->{reasons}}, " reasons\n";
exit !($rows == 11 && @{$all->{reasons}} == 1);
X
run perl check.pl
ok "$status" "JSON, text and counts agree: $out"
if python3 -c 'import jsonschema; jsonschema.Draft202012Validator' 2>/dev/null; then
  cat >schema.py <<'X'
import json, sys
from jsonschema import Draft202012Validator
schema = Draft202012Validator (json.load (open (sys.argv[1])))
schema.validate (json.load (open ("json")))
cnt = 0
for line in open ("lines"):
    schema.validate (json.loads (line))
    cnt += 1
assert cnt == 5, cnt
print (cnt, "lines and a module are valid")
X
  run python3 schema.py "$tap_src/symtab/dump.schema.json"
  ok "$status" "all is as the schema says: $out"
else
  skip 'all is as the schema says' "python3's jsonschema (4 or later) is not installed"
fi
done_testing
