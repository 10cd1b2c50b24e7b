#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Every JSON output of pctab-dump is one of symtab/dump.schema.json's, parses, and agrees with the text and with itself.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
need perl objdump
cat >a.cc <<'X'
#include <cstdio>
#include <string>
#include <vector>
#include <alloca.h>
template <class T> static inline T twice (T v) { return v + v; }
struct shape { virtual ~shape () {} virtual int area (int side) const { return twice (side) * side; } };
struct circle : shape { int area (int side) const override { return 3 * shape::area (side); } };
int room (int n) { char *p = (char *) alloca (n); for (int i = 0; i < n; i++) p[i] = (char) twice (i); return p[n / 2]; }
int main (int argc, char **argv)
{
  std::vector<std::string> v (argv, argv + argc);
  circle c;
  shape *s = argc > 1 ? new shape : &c;
  try { printf ("%d %d\n", s->area (argc), room (argc + 9)); }
  catch (...) { return 1; }
  return 0;
}
X
CXX=${CXX:-g++}
have "$CXX" || skip_all "$CXX is not installed"
"$CXX" -O2 -g a.cc -o prog $flags && placed prog
ok $? 'a C++ program with alloca, virtual functions, exceptions'
objdump -d --no-show-raw-insn prog | sed -n 's/^ *\([0-9a-f]*\):\t.*/\1/p' >pcs
echo ffffffffffffffff >>pcs
echo 0 >>pcs
"$pctab_dump" --json prog >json
ok $? '--json'
"$pctab_dump" --json --stats prog >stats
ok $? '--json --stats'
"$pctab_dump" --lookup prog <pcs >lines
ok $? '--lookup'
is "$(wc -l <lines)" "$(wc -l <pcs)" 'a line for each PC'
is "$(sed 's/^{"pc":"0x\([0-9a-f]*\)".*/\1/' lines | cmp - pcs && echo same)" same 'in order, with the PC that was asked for'

cat >check.pl <<'X'
use strict; use warnings; use JSON::PP;
my $json = JSON::PP->new->utf8;
sub slurp { local $/; open my $f, '<', $_[0] or die; scalar <$f> }
my ($all, $stats) = map { $json->decode (slurp ($_)) } 'json', 'stats';
my $functions = delete $all->{functions};
my $canonical = JSON::PP->new->canonical;
die "--stats says other figures\n" if $canonical->encode ($all) ne $canonical->encode ($stats);
die "counts\n" if $all->{counts}{functions} != @$functions || $all->{counts}{named} != grep { defined $_->{name} } @$functions;
die "lines\n" if $all->{counts}{with_lines} != grep { $_->{lines} } @$functions;
my $bytes = $all->{bytes};
die "bytes\n" if $bytes->{hot} + $bytes->{cold} != $bytes->{table};
my $parts = 0; $parts += $_ for values %{$all->{parts}};
die "parts\n" if $parts > $bytes->{table} || $parts < $bytes->{table} - 600;
my ($last, %func) = (0);
for (@$functions) {
  die "$_->{name}: order\n" if hex ($_->{entry}) < $last || hex ($_->{end}) <= hex $_->{entry};
  $last = hex $_->{end};
  $func{$_->{entry}} = $_;
}
open my $in, '<', 'lines' or die;
my ($cnt, %seen) = (0);
while (my $line = <$in>) {
  my $l = $json->decode ($line);
  $cnt++;
  my $what = !defined $l->{entry} ? 'nothing' : !$l->{cfa} ? 'no frame' : $l->{cfa}{base};
  $seen{$what}++;
  $seen{inlined}++ if @{$l->{frames}} > 1;
  if (!defined $l->{entry}) { die $line if @{$l->{frames}} || defined $l->{func} || $l->{cfa}; next; }
  my $f = $func{$l->{entry}} or die "no such function: $line";
  die $line if ($f->{name} // '') ne ($l->{func} // '') || hex $l->{pc} >= hex $f->{end} || hex $l->{pc} < hex $l->{entry};
  die $line if ($l->{frames}[-1]{func} // '') ne ($l->{func} // '');
  die $line if defined $l->{spdelta} && $l->{cfa}{base} ne 'sp';
  die $line if defined $l->{spdelta} && defined $l->{maxspdelta} && $l->{spdelta} > $l->{maxspdelta};
}
print "$cnt lines, ", scalar @$functions, " functions; ", join (', ', map { "$_: $seen{$_}" } sort keys %seen), "\n";
exit !($seen{nothing} && $seen{sp} && $seen{fp} && $seen{'no frame'} && $seen{inlined});
X
run perl check.pl
ok "$status" 'all parses; figures, functions and answers agree with each other'
diag "$out"

"$pctab_dump" --functions prog | sed 's/^0x\([0-9a-f]*\)-0x\([0-9a-f]*\)  \([^ ]*\)  .*/\1 \2 \3/' >text
perl -MJSON::PP -e 'local $/; open F, "json"; for (@{decode_json (scalar <F>)->{functions}}) {
  printf "%s %s %s\n", $_->{entry} =~ s/0x//r, $_->{end} =~ s/0x//r, $_->{name} }' >from_json
is "$(cmp text from_json && echo same)" same "--functions lists the same ($(wc -l <text))"

if python3 -c 'import jsonschema; jsonschema.Draft202012Validator' 2>/dev/null; then
  cat >schema.py <<'X'
import json, sys
from jsonschema import Draft202012Validator
schema = json.load (open (sys.argv[1]))
Draft202012Validator.check_schema (schema)
whole = Draft202012Validator (schema)
def only (name):
    return Draft202012Validator ({"$ref": "#/$defs/" + name, "$defs": schema["$defs"]})
line, module = only ("lookup"), only ("module")
for name in ("json", "stats"):
    doc = json.load (open (name))
    module.validate (doc)
    whole.validate (doc)
cnt = 0
for text in open ("lines"):
    doc = json.loads (text)
    line.validate (doc)
    cnt += 1
whole.validate (doc)
# The schema refuses what it should.
bad = 0
for change in ({"pc": "12"}, {"frames": [{"func": "f"}]}, {"cfa": {"base": "sp"}}, {"extra": 1}, {"spdelta": -8}, {"line": "x"}):
    bad += not line.is_valid ({**doc, **change})
assert bad == 6, bad
print (cnt, "lines and 2 modules are valid,", bad, "bad ones are not")
X
  run python3 schema.py "$tap_src/symtab/dump.schema.json"
  ok "$status" 'all outputs are as the schema says'
  diag "$out"
else
  skip 'all outputs are as the schema says' "python3's jsonschema (4 or later) is not installed"
fi
done_testing
