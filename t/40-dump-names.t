#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Names and paths come out byte for byte: in JSON as UTF-8, with \xHH for each byte that is none and backslashes doubled;
# --demangle is for people.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
need perl
latin=$(printf 'caf\351')
mkdir "$latin" 'back\slash' 'grün' 'quo"te' || skip_all 'this file system refuses such names'
i=0
for dir in "$latin" 'back\slash' 'grün' 'quo"te'; do
  i=$((i + 1))
  printf 'int f%d (int v) { return v + %d; }\n' $i $i >"$dir/a.c"
  (cd "$dir" && "$CC" -g -c a.c -o "../f$i.o")
done
# name LABEL BYTES: a function whose name has those bytes.
name () {
  printf ' .globl "%s"\n .type "%s", %%function\n"%s":\n .cfi_startproc\n .skip 16, 0\n .cfi_endproc\n .size "%s", .-"%s"\n' "$1" "$1" "$1" "$1" "$1"
}
{
  echo ' .text'
  name "$(printf 'bad_\377_end')"
  name "$(printf 'cut_\303')"
  name "$(printf 'long_\300\200')"
  name "$(printf 'surrogate_\355\240\200')"
  name "$(printf 'high_\364\220\200\200')"
  name "$(printf 'good_\303\274\342\202\254\360\237\230\200')"
  name "$(printf 'tab_\001_\177')"
  name '_ZN5shape4areaEi'
  name '_ZN3boxIiE3getEv'
  name 'plain'
  printf ' .section .note.GNU-stack,"",%%progbits\n'
} >names.s
if ! "$CC" -c names.s -o names.o 2>log; then
  diag "$(cat log)"
  skip_all 'this assembler refuses such names'
fi
echo 'int f1 (int), f2 (int), f3 (int), f4 (int); int main (void) { return f1 (f2 (f3 (f4 (0)))); }' >main.c
"$CC" -g main.c f?.o names.o -o prog $flags && placed prog
ok $? 'a program with such names and paths'

"$pctab_dump" --json prog >json
ok $? '--json'
"$pctab_dump" --functions prog | sed -n 's/^\(0x[0-9a-f]*\)-.*/\1/p' | "$pctab_dump" --lookup prog >lines
ok $? '--lookup'
cat >check.pl <<'X'
use strict; use warnings; use JSON::PP;
my $json = JSON::PP->new->utf8;
open my $in, '<', 'json' or die; local $/; my $all = $json->decode (scalar <$in>);
my %name = map { ($_->{name} => $_->{entry}) } grep { defined $_->{name} } @{$all->{functions}};
my @want = ('bad_\xff_end', 'cut_\xc3', 'long_\xc0\x80', 'surrogate_\xed\xa0\x80', 'high_\xf4\x90\x80\x80',
            "good_\x{fc}\x{20ac}\x{1f600}", "tab_\001_\x7f", '_ZN5shape4areaEi', 'plain');
my @missing = grep { !exists $name{$_} } @want;
open $in, '<', 'lines' or die;
my %file;
for (split /\n/, scalar <$in>) {
  my $l = $json->decode ($_);
  $file{$l->{func}} = $l->{frames}[0]{file} // 'none';
  die "$_: another name\n" unless exists $name{$l->{func}} && $name{$l->{func}} eq $l->{entry};
}
push @missing, 'caf\xe9/a.c' unless $file{f1} =~ m{/caf\\xe9/a\.c$};
push @missing, 'back\\\\slash' unless $file{f2} =~ m{/back\\\\slash/a\.c$};
push @missing, 'gr\x{fc}n' unless $file{f3} =~ m{/gr\x{fc}n/a\.c$};
push @missing, 'quo"te' unless $file{f4} =~ m{/quo"te/a\.c$};
$json->ascii;
print scalar @want, " names, 4 paths; missing: ", join (' ', map { $json->allow_nonref->encode ($_) } @missing), "\n";
exit !!@missing;
X
run perl check.pl
ok "$status" 'each is there, by the rule'
diag "$out"
perl -e 'local $/; $_ = <>; exit !/"bad_\\\\xff_end"/' <json
ok $? 'the rule makes plain ASCII of a byte that is none'

"$pctab_dump" --functions prog >text
is "$(grep -c "$(printf 'bad_\377_end')" text)" 1 'as text a name is as it is'
"$pctab_dump" --functions --demangle prog >text
ok $? '--functions --demangle'
like "$(cat text)" '  shape::area\(int\)  ' '--demangle: shape::area(int)'
like "$(cat text)" '  box<int>::get\(\)  ' '--demangle: box<int>::get()'
like "$(cat text)" '  plain  ' '--demangle: other names stay'
like "$("$pctab_dump" --json --demangle prog)" '"name":"shape::area\(int\)"' '--json --demangle'
pc=$("$pctab_dump" --functions prog | sed -n 's/^\(0x[0-9a-f]*\)-.*_ZN5shape.*/\1/p')
like "$("$pctab_dump" --lookup --demangle prog "$pc")" '"func":"shape::area\(int\)".*"frames":\[\{"func":"shape::area\(int\)"' '--lookup --demangle'
like "$("$pctab_dump" --lookup prog "$pc")" '"func":"_ZN5shape4areaEi"' '--lookup: the linkage name'

# The file's own name is in the messages and in the JSON.
cp prog "prog-$latin"
like "$("$pctab_dump" --json --stats "prog-$latin")" '"file":"prog-caf\\\\xe9"' "the file's own name, too"
done_testing
