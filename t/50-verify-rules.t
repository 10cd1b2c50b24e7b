#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
# Every rule about a table and its marks has tables that break it, digests made right: pctab-verify finds each by exactly
# that rule and no other.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use File::Temp qw(tempdir);
use JSON::PP;
use TableEdit;

my $build = $ENV{abs_top_builddir} // '.';
my ($verify, $make) = ("$build/verify/pctab-verify", "$build/t/tool/table_make");
-x $verify && -x $make or print("1..0 # SKIP pctab-verify and t/tool/table_make are not built in $build\n"), exit 0;
my $tmp = tempdir(CLEANUP => 1);
my ($cnt, $failed, @cases, %covered) = (0, 0);
sub ok { my ($good, $what) = @_; $cnt++; $failed += !$good; print $good ? '' : 'not ', "ok $cnt - $what\n"; return $good; }

system($make, "$tmp/good") == 0 or die;
my $good = TableEdit::slurp("$tmp/good");

# broken ID, WHAT, EDIT: EDIT changes the TableEdit object.  late: the bytes, before the digests are made right; last: after.
sub broken { my ($id, $what, $edit) = @_; my $t = TableEdit->new($good); $edit->($t); put($id, $what, $t->bytes); }
sub late { my ($id, $what, $edit) = @_; put($id, $what, TableEdit->new($good)->bytes($edit)); }
sub last_bytes { my ($id, $what, $edit) = @_; put($id, $what, TableEdit->new($good)->bytes(undef, $edit)); }
sub marks { my ($id, $what, @marks) = @_; my $path = path($id, $what); system($make, $path, @marks) == 0 or die; }
sub path { my ($id, $what) = @_; push @cases, [$id, $what]; $covered{$id} = 1; return sprintf '%s/%03d', $tmp, $#cases; }
sub put { my ($id, $what, $bytes) = @_; TableEdit::spew(path($id, $what), $bytes); }
sub uvar { my ($v) = @_; my $s = ''; while ($v > 127) { $s .= chr($v & 127 | 128); $v >>= 7; } return $s . chr $v; }

my $t = TableEdit->new($good);
my @entry = unpack 'Q<*', $t->part('functab');
sub kind { return $_[0] >> 20 & 7; }
# The number of the functab entry of that kind that starts at START of its page, the WHICH-th of them.
sub entry {
  my ($kind, $start, $which) = @_;
  my @found = grep { kind($entry[$_]) == $kind && ($entry[$_] & 0xffff) == $start } 0 .. $#entry;
  return $found[$which // 0] // die "no entry of kind $kind at $start\n";
}
my ($alpha, $beta, $crossing) = (entry(1, 0x1000), entry(1, 0x1040), entry(2, 0xff80));
my ($goes_on, $endless) = (entry(4, 0), entry(3, 0x100));
sub values_at { return 2 * ($entry[$_[0]] >> 23 & 0x1ffff); }
sub offsets_at { return 2 * ($entry[$_[0]] >> 40); }
sub list_of { my ($table, $nth) = @_; return $t->num('pcdata_functions', 'L', 4 * ($t->num('pcdata_tables', 'L', 8 * $table + 4) + $nth)); }

# Header, directory, digests.
last_bytes('PT101', 'line ends changed', sub { substr ${$_[0]}, 6, 1, "\n" });
last_bytes('PT102', 'version 2', sub { substr ${$_[0]}, 8, 4, pack 'V', 2 });
last_bytes('PT102', 'version 4', sub { substr ${$_[0]}, 8, 4, pack 'V', 4 });
last_bytes('PT103', 'version 0', sub { substr ${$_[0]}, 8, 4, pack 'V', 0 });
last_bytes('PT104', 'cut off', sub { chop ${$_[0]} });
last_bytes('PT104', '13 bytes', sub { ${$_[0]} = substr ${$_[0]}, 0, 13 });
last_bytes('PT104', 'a size of nothing', sub { substr ${$_[0]}, 12, 4, pack 'V', 100 });
last_bytes('PT105', 'a byte of the build ID', sub { substr ${$_[0]}, 328, 1, 'x' });
last_bytes('PT105', 'ranges before the directory ends', sub { substr ${$_[0]}, 80, 4, pack 'V', 8 });
last_bytes('PT106', 'a byte of the hot part', sub { substr ${$_[0]}, $t->num('header', 'L', 16) - 4, 1, 'x' });
last_bytes('PT107', 'the last byte', sub { substr ${$_[0]}, -1, 1, chr(1 ^ ord substr ${$_[0]}, -1) });
broken('PT108', "$_->[2]", sub { $_[0]->num('header', 'C', $_->[0], $_->[1]) })
  for [22, 16, 'class 16'], [23, 3, 'units of 3 bytes'], [56, 3, 'an SP unit of 3'], [57, 9, '9 shape bits'],
  [58, 3, 'slots of 8 bytes'], [59, 1, 'a reserved byte'], [60, 28, '28 parts'];
late('PT109', 'a part at an odd place', sub { substr ${$_[0]}, 72 + 8 * 30, 4, pack 'V', 1 + unpack 'V', substr ${$_[0]}, 72 + 8 * 30, 4 });
late('PT109', 'a part before the one before', sub { substr ${$_[0]}, 72 + 8 * 5, 4, pack 'V', 336 });
late('PT109', 'a part behind the end', sub { substr ${$_[0]}, 72 + 8 * 31 + 4, 4, pack 'V', 1 << 20 });
broken('PT109', 'a part of half an element', sub { $_[0]->part('slots') .= "\0" });
late('PT110', 'a byte between parts', sub {
  my ($off, $len) = unpack 'V2', substr ${$_[0]}, 72 + 8 * 30, 8;
  die if ($off + $len) % 8 == 0;
  substr ${$_[0]}, $off + $len, 1, "\1";
}) if length($t->part('lines')) % 8;
broken('PT110', "a byte behind the $_", sub { (my $n = $_) =~ tr/ /_/; substr $_[0]->part($n), -5, 1, "\1" })
  for 'value lists', 'offset lists', 'pcdata lists';

# Ranges to functab.
broken('PT201', 'a range that is not from a page on', sub { $_[0]->num('ranges', 'L', 24, 0x2000010) });
broken('PT201', 'ranges that overlap', sub { $_[0]->num('ranges', 'L', 4, 0x2000040) });
broken('PT201', "a range's first page", sub { $_[0]->num('ranges', 'L', 24 + 8, 0) });
broken('PT201', "a range's first entry", sub { $_[0]->num('ranges', 'L', 24 + 12, 0) });
broken('PT201', 'lists from an odd byte on', sub { $_[0]->num('ranges', 'L', 16, 1) });
broken('PT201', 'more pages than ranges have', sub { $_[0]->part('pages') .= pack 'V', 0 });
broken('PT202', "a page's entry is the one behind", sub { $_[0]->num('pages', 'L', 4, 1 + $_[0]->num('pages', 'L', 4)) });
broken('PT202', 'pages out of order', sub { $_[0]->num('pages', 'L', 4, 1 << 20) });
broken('PT203', 'a slot one too low', sub {
  my $n = (grep { $_[0]->num('slots', 'S', 2 * $_) } 0 .. 200)[0];
  $_[0]->num('slots', 'S', 2 * $n, $_[0]->num('slots', 'S', 2 * $n) - 1);
});
broken('PT203', 'a slot one too high', sub { $_[0]->num('slots', 'S', 0, 1) });
broken('PT203', 'slots missing', sub { substr $_[0]->part('slots'), -2, 2, '' });
broken('PT204', 'an entry at the place of the one before', sub { $_[0]->num('functab', 'S', 8 * $beta, 0x1000) });
broken('PT204', 'a last entry elsewhere', sub { $_[0]->num('functab', 'S', 8 * $#entry, 0x44) });
broken('PT205', "kind $_", sub { $_[0]->num('functab', 'L', 8 * $alpha, $_[0]->num('functab', 'L', 8 * $alpha) & ~(7 << 20) | $_ << 20) })
  for 5, 7;
broken('PT205', 'a gap with other bits', sub { $_[0]->num('functab', 'C', 7, 1) });
broken('PT205', 'one that goes on with other bits', sub { $_[0]->num('functab', 'C', 8 * $goes_on + 4, 1) });
broken('PT205', 'a long with bit 23', sub { $_[0]->num('functab', 'C', 8 * $endless + 3, 1) });
broken('PT206', 'a gap with a pad', sub { $_[0]->num('functab', 'C', 2, 1) });
broken('PT206', 'a pad that is the whole entry', sub {
  my $small = entry(1, 0x3000);
  $_[0]->num('functab', 'S', 8 * ($small + 1), 0x3004);
  $_[0]->num('functab', 'C', 8 * $small + 2, 0x14);
});
broken('PT207', 'one goes on behind a gap', sub { $_[0]->num('functab', 'L', 8 * ($beta + 1), 0x401100) });
broken('PT207', 'a pad before it goes on', sub { $_[0]->num('functab', 'C', 8 * $crossing + 2, 0x21) });
broken('PT208', 'two gaps', sub {
  my $quiet = entry(1, 0x2040);
  substr $_[0]->part('functab'), 8 * $beta, 8, pack 'Q<', 0x1040;
});

# Longs, lists, rows, values, shapes.
broken('PT209', "a long's offset", sub { $_[0]->num('longs', 'L', 0, 0x10104) });
broken('PT209', "a long's first block", sub { $_[0]->num('longs', 'L', 4, 1) });
broken('PT209', 'a long without blocks', sub { $_[0]->num('longs', 'L', 8, 0) });
broken('PT209', 'a block more than longs have', sub { $_[0]->part('blocks') .= "\0" x 12 });
broken('PT209', 'blocks that do not rise', sub { $_[0]->num('blocks', 'L', 12, 0) });
broken('PT209', 'a block behind its function', sub { $_[0]->num('blocks', 'L', 12, 1 << 20) });
broken('PT209', 'a number of no long', sub { $_[0]->num('functab', 'L', 8 * $endless + 4, 1) });
broken('PT209', 'bits of no meaning', sub { $_[0]->num('longs', 'S', 14, 0x100) });
broken('PT210', 'a list of no rows', sub { $_[0]->num('value_lists', 'C', values_at($alpha), 0) });
broken('PT210', 'a list of 34 rows', sub { $_[0]->num('value_lists', 'C', values_at($alpha), 34) });
broken('PT210', "a list's bit 7", sub { $_[0]->num('value_lists', 'C', values_at($alpha), 0x83) });
broken('PT210', 'a near list of wide numbers', sub { $_[0]->num('value_lists', 'C', values_at($alpha), 0x43) });
broken('PT210', 'a list behind its part', sub { $_[0]->num('functab', 'L', 8 * $alpha + 4, 0xffffff << 8) });
broken('PT210', '17 near offsets', sub { $_[0]->num('offset_lists', 'C', offsets_at($crossing), 17) });
broken('PT210', "a block's list at an odd place", sub { $_[0]->num('blocks', 'L', 4, 1 + $_[0]->num('blocks', 'L', 4)) });
broken('PT210', "a block's list with the bits of a function's", sub { $_[0]->num('value_lists', 'C', 1 + $_[0]->num('blocks', 'L', 4), 64) });
broken('PT211', 'a row at the function\'s entry again', sub { $_[0]->num('offset_lists', 'C', offsets_at($beta), 0) });
broken('PT211', 'a row behind its function', sub { $_[0]->num('offset_lists', 'C', offsets_at($beta) + 2, 255) });
broken('PT211', 'a row like the one before', sub {
  my $at = values_at($beta) + 2;
  $_[0]->num('value_lists', 'C', $at + 1, $_[0]->num('value_lists', 'C', $at));
});
broken('PT212', 'a row without a value', sub { $_[0]->num('value_lists', 'C', values_at($beta) + 2, 200) });
broken('PT212', 'a value without a shape', sub { $_[0]->num('values', 'L', 0, $_[0]->num('values', 'L', 0) | (1 << $_[0]->num('header', 'C', 57)) - 1) });
broken('PT212', 'an offset beyond the limit', sub { $_[0]->num('values', 'L', 0, 0x7fffff00 & ~0xff | $_[0]->num('values', 'L', 0) & 1) });
broken('PT213', 'a CFA of kind 6', sub { $_[0]->num('shapes', 'C', 0, 6) });
broken('PT213', 'a return address of kind 5', sub { $_[0]->num('shapes', 'C', 2, 5) });
broken('PT213', 'a frame pointer of kind 5', sub { $_[0]->num('shapes', 'C', 4, 5) });
broken('PT213', 'an index register that is not used', sub { $_[0]->num('shapes', 'C', 6, 3) });
broken('PT214', 'another row has the largest SP delta', sub { $_[0]->num('value_lists', 'C', values_at($alpha) + 1, 0) });
broken('PT214', 'no bound, but there is one', sub { $_[0]->num('value_lists', 'C', values_at($alpha) + 1, 63) });
broken('PT214', 'a bound where there is none', sub { $_[0]->num('value_lists', 'C', values_at($beta) + 1, 1) });
broken('PT214', 'a row that is not there', sub { $_[0]->num('value_lists', 'C', values_at($alpha) + 1, 5) });
broken('PT214', 'of a long', sub {
  my ($bits, $unit, @v) = ($t->num('header', 'C', 57), $t->num('header', 'C', 56), unpack 'l<*', $t->part('values'));
  $_[0]->num('longs', 'S', 12, (grep { ($v[$_] >> $bits) * $unit == 8 } 0 .. $#v)[0]);
});

# Flags and pcdata.
broken('PT301', 'a word too few', sub { substr $_[0]->part('not_preemptible'), -8, 8, '' });
broken('PT301', 'the bit of a gap', sub { $_[0]->num('writes_sp', 'Q', 0, $_[0]->num('writes_sp', 'Q', 0) | 1) });
broken('PT301', 'one entry of a long function alone', sub {
  $_[0]->num('writes_sp', 'Q', 0, $_[0]->num('writes_sp', 'Q', 0) | 1 << $endless);
});
broken('PT301', 'no bit at all', sub { $_[0]->part('assembly') = "\0" x length $_[0]->part('assembly') });
broken('PT302', 'tables out of order', sub { $_[0]->num('pcdata_tables', 'L', 8, 7) });
broken('PT302', "a table's first function", sub { $_[0]->num('pcdata_tables', 'L', 12, 1) });
broken('PT302', 'a group missing', sub { substr $_[0]->part('pcdata_groups'), -16, 16, '' });
broken('PT302', 'a function too many', sub { $_[0]->part('pcdata_functions') .= pack 'V', 0 });
broken('PT303', 'a count', sub { $_[0]->num('pcdata_groups', 'L', 16 + 8, 9) });
broken('PT303', 'the last field', sub { $_[0]->num('pcdata_groups', 'L', 12, 1) });
broken('PT303', 'the bit of a gap', sub { $_[0]->num('pcdata_groups', 'C', 0, 1 | $_[0]->num('pcdata_groups', 'C', 0)) });
broken('PT304', 'a list behind the part', sub { $_[0]->num('pcdata_functions', 'L', 0, 0x7ffffffe & 0xffffff0) });
broken('PT304', 'a list at an odd place', sub { $_[0]->num('pcdata_functions', 'L', 0, 1) });
broken('PT304', 'a head elsewhere', sub { $_[0]->num('pcdata_functions', 'L', 4 * $_, 0x80000001) for 2, 3 });
broken('PT304', 'one entry of a long function has another list', sub { $_[0]->num('pcdata_functions', 'L', 12, 0) });
broken('PT304', 'one block', sub { $_[0]->num('pcdata_blocks', 'L', 0, 1) });
broken('PT304', 'a first block behind the entry', sub { $_[0]->num('pcdata_blocks', 'L', 8, 2) });
broken('PT305', 'a list of no rows', sub { $_[0]->num('pcdata_lists', 'C', list_of(0, 0), 0) });
broken('PT305', 'values of no width', sub { $_[0]->num('pcdata_lists', 'C', list_of(0, 0), 0xc5) });
broken('PT305', 'values wider than they need be', sub { $_[0]->num('pcdata_lists', 'L', list_of(2, 0) + 8, 5) });
broken('PT306', 'a row behind its function', sub { $_[0]->num('pcdata_lists', 'C', list_of(0, 0) + 2 + 3, 255) });
broken('PT306', 'a row at the entry again', sub { $_[0]->num('pcdata_lists', 'C', list_of(0, 0) + 2, 0) });
broken('PT306', 'a row like the one before', sub { $_[0]->num('pcdata_lists', 'C', list_of(0, 0) + 6, 254) for 1; $_[0]->num('pcdata_lists', 'C', list_of(0, 0) + 9, 255) });

# The cold part.
broken('PT401', 'keys out of order', sub { $_[0]->num('string_index', 'L', 12, 0) });
broken('PT401', 'a first block behind the start', sub { $_[0]->num('record_index', 'L', 4, 1) });
broken('PT402', 'another size', sub { $_[0]->num('string_index', 'L', 8, 1 + $_[0]->num('string_index', 'L', 8)) });
broken('PT402', 'fewer bytes than packed', sub { $_[0]->num('record_index', 'L', 8, 1) });
broken('PT402', 'a large dictionary', sub { $_[0]->part('string_dictionary') = 'x' x 32769 });
sub strings_edit { my ($edit) = @_; return sub { my @b = $_[0]->blocks('string_index', 'strings'); $edit->(\@b); $_[0]->set_blocks('string_index', 'strings', @b); }; }
sub nodes_edit { my ($edit) = @_; return sub { my @b = $_[0]->blocks('node_index', 'nodes'); $edit->(\@b); $_[0]->set_blocks('node_index', 'nodes', @b); }; }
sub records_edit { my ($edit) = @_; return sub { my @b = $_[0]->blocks('record_index', 'records'); $edit->(\@b); $_[0]->set_blocks('record_index', 'records', @b); }; }
broken('PT403', 'a last string that is not ended', strings_edit(sub { substr $_[0][-1][1], -1, 1, 'x' }));
broken('PT403', 'a string more', strings_edit(sub { $_[0][-1][1] .= "more\0" }));
broken('PT403', "a block's first number", strings_edit(sub { $_[0][1][0]++ }));
marks('PT404', $_->[0], "--name=$_->[1]") for ['Latin-1', "alph\xe4"], ['an overlong form', "alp\xc0\x80"],
  ['a surrogate', "\xed\xa0\x80"], ['beyond the last character', "\xf4\x90\x80\x80"], ['cut off', "alph\xe2\x82"];
broken('PT405', 'a file that is not there', sub { substr $_[0]->part('origins'), 0, 1, chr 100 });
broken('PT405', 'an index elsewhere', sub { $_[0]->num('origin_index', 'L', 12, 1) });
broken('PT405', 'bytes behind', sub { $_[0]->part('origins') .= "\1" });
broken('PT406', 'a flag of no meaning', records_edit(sub { substr $_[0][0][1], 6, 1, chr(0x80 | ord substr $_[0][0][1], 6, 1) }));
broken('PT406', 'cut off', records_edit(sub { chop $_[0][-1][1] }));
broken('PT406', 'another key', records_edit(sub { $_[0][0][0]-- }));
broken('PT406', 'a cursor that is elsewhere', records_edit(sub { substr $_[0][0][1], 3, 1, chr 2 }));
broken('PT407', "a block's first name", records_edit(sub { substr $_[0][0][1], 0, 1, chr 1 }));
broken('PT407', "a block's first node", records_edit(sub { substr $_[0][0][1], 2, 1, chr 1 }));
broken('PT407', 'lines of no function', sub { $_[0]->part('lines') .= "\0" });
broken('PT407', 'a function without its name', records_edit(sub { substr $_[0][0][1], 6, 1, chr(~2 & ord substr $_[0][0][1], 6, 1) }));

# alpha's record: flags, file plus 1, line, bytes of lines, nodes, their bytes; see what is there.
my $first = ($t->blocks('record_index', 'records'))[0][1];
my ($flags, $file, $line, $len, $nodes, $node_bytes) = unpack 'x6C6', $first;
ok(ord(substr $first, 1, 1) == 0 && $flags == 23 && $nodes == 3, 'the first record is as the cases expect');
broken('PT407', 'a file that is not there', records_edit(sub { substr $_[0][0][1], 7, 1, chr 99 }));
broken('PT408', 'a parent above the function', nodes_edit(sub { substr $_[0][0][1], 0, 1, chr(2 | ord substr $_[0][0][1], 0, 1) }));
broken('PT408', 'an origin that is not there', nodes_edit(sub { substr $_[0][0][1], 0, 1, chr(0x70 | ord substr $_[0][0][1], 0, 1) }));
broken('PT408', 'more nodes than bytes', records_edit(sub { substr $_[0][0][1], 10, 1, chr 100 }));
broken('PT409', 'too many codes of a length', sub { $_[0]->num('line_codes', 'S', 0, 3) });
broken('PT409', 'symbols out of order', sub {
  my @count = unpack 'v15', $_[0]->part('line_codes');
  my ($at, $l) = (30, 0);
  $at += 2 * $count[$l++] while $count[$l] < 2;
  my ($x, $y) = unpack 'v2', substr $_[0]->part('line_codes'), $at, 4;
  substr $_[0]->part('line_codes'), $at, 4, pack 'v2', $y, $x;
});
broken('PT409', 'bytes behind', sub { $_[0]->part('line_codes') .= "\0\0" });
broken('PT410', 'bits behind the end', sub {
  my $at = $len - 1;
  my $byte = ord substr $_[0]->part('lines'), $at, 1;
  die 'no bit is left' if $byte & 1;
  substr $_[0]->part('lines'), $at, 1, chr($byte | 1);
});
broken('PT410', 'no end', sub { substr $_[0]->part('lines'), 0, $len, "\0" x $len });
broken('PT411', 'a reason less', sub { substr $_[0]->part('reasons'), -2, 2, '' });
broken('PT411', 'a reason more', sub { $_[0]->part('reasons') .= "\1\x5" });
broken('PT411', 'runs alike', sub { substr $_[0]->part('reasons'), 3, 1, substr $_[0]->part('reasons'), 1, 1 });
broken('PT412', 'reason 99', sub { substr $_[0]->part('reasons'), 1, 1, chr 99 });
broken('PT413', 'two bytes for a small number', sub { substr $_[0]->part('reasons'), 0, 1, "\x81\0" });
broken('PT413', 'in a record', records_edit(sub { substr $_[0][0][1], 0, 1, "\x80\0" }));
broken('PT413', 'in an origin', sub { my $v = ord substr $_[0]->part('origins'), 0, 1; substr $_[0]->part('origins'), 0, 1, chr($v | 128) . "\0" });

# One form.
broken('PT501', 'a list that nobody has', sub { substr $_[0]->part('value_lists'), -64, 0, "\1\0\0\0" });
broken('PT501', 'values in another order', sub {
  my @v = unpack 'l<*', $_[0]->part('values');
  my $last = $#v;
  $_[0]->part('values') = pack 'l<*', @v, $v[0];
});
broken('PT501', 'a name that nobody has', sub {
  my @b = $_[0]->blocks('string_index', 'strings');
  $b[-1][1] =~ s{/src/three\.c\0}{/src/three.c\0/src/four.c\0} or die;
  $_[0]->num('origin_index', 'L', 8, 1 + $_[0]->num('origin_index', 'L', 8));
  $_[0]->set_blocks('string_index', 'strings', @b);
});
broken('PT501', 'parts further apart', sub { $_[0]->part('build_id') .= '' });
pop @cases;
late('PT501', 'bytes of 0 behind the last part', sub { ${$_[0]} .= "\0" x 8; substr ${$_[0]}, 12, 4, pack 'V', length ${$_[0]} });
broken('PT502', 'a block stored as it is', sub { $_[0]->set_blocks('string_index', 'strings', $_[0]->blocks('string_index', 'strings')) });

# Marks.  beta: rows at 0, 4, 8 and b0; crossing: at 0, 10 and 170.
marks('PM101', "value $_", "1050:1060:$_") for 0, 1, -6, -7, -128, 127, -2147483648;
marks('PM102', "$_ bytes", sprintf '1050:%x:-3', 0x1050 + $_) for 21, 22, 40;
marks('PM102', 'restart 2, 21 bytes', '1050:1065:-4');
marks('PM102', 'up to the end of the function', '2125b:21270:-3');
marks('PM105', 'over a push', '1040:1046:-3');
marks('PM105', 'over a pop', '10ec:10f2:-4');
marks('PM105', 'the row of the last byte alone', '1043:1045:-3');
marks('PM106', 'behind a push', '1040:1048:-5');
marks('PM106', 'far behind it', '10090:100a0:-5');
broken('PM104', 'restart ranges that touch', sub {
  my $at = list_of(0, 0);
  $_[0]->num('pcdata_lists', 'C', $at + 8, 253) if $_[0]->num('pcdata_lists', 'C', $at + 8) == 252;
});
my $blocks = "$tmp/blocks";
# In the long function: 40 ranges side by side take two blocks; the second begins with the value that the first ends with.
system($make, $blocks, map { sprintf '%x:%x:%d', 0x10100 + 4 * $_, 0x10104 + 4 * $_, -3 - $_ % 2 } 1 .. 60) == 0 or die;
{
  my $b = TableEdit->new(TableEdit::slurp($blocks));
  my $list = $b->num('pcdata_blocks', 'L', 8 + 8 + 4);
  my ($head, $near) = unpack 'CC', substr $b->part('pcdata_lists'), $list, 2;
  my $before = $b->num('pcdata_blocks', 'L', 8 + 4);
  my ($rows, $n) = unpack 'CC', substr $b->part('pcdata_lists'), $before, 2;
  my $far = ($rows & 63) - 1 - $n;
  my $last = $before + 2 + $n + ($far && $n % 2 == 0 ? 1 : 0) + 2 * $far + ($rows & 63) - 1;
  # The last row of the first block gets the first value of the second, and the one before it what is left.
  my $value = $b->num('pcdata_lists', 'C', $last);
  $b->num('pcdata_lists', 'C', $last, $value ^ 0xfd ^ 0xfc);
  $b->num('pcdata_lists', 'C', $last - 1, 0xfe);
  put('PM103', 'a range goes on in the next block', $b->bytes);
}

# 19 and 20 bytes, and any length at the entry, are no findings.
my @fine = ([map { sprintf '1050:%x:-3', 0x1050 + $_ } 19], [sprintf '1050:%x:-4', 0x1050 + 20], ['ff80:ff90:-5'],
  ['1048:10f0:-2'], ['1029:1039:-3'], ['1050:1064:-3', '1064:1078:-4', '1078:108c:-3'],
  ["--name=\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"]);
for (0 .. $#fine) {
  system($make, "$tmp/fine$_", @{$fine[$_]}) == 0 or die;
  my $out = `$verify $tmp/fine$_`;
  ok($? == 0 && $out !~ /\[P/, "accepted: @{$fine[$_]}") or print "# $out";
}

my $out = `$verify --format=json $tmp/good @{[map { sprintf '%s/%03d', $tmp, $_ } 0 .. $#cases]}`;
ok($? >> 8 == 1, 'exit status 1');
my $json = decode_json($out);
my @files = @{$json->{files}};
ok(@files == @cases + 1 && !@{$files[0]{findings}}, 'the table is clean unbroken') or print map { "# $_->{id} $_->{message}\n" } @{$files[0]{findings}};
for my $i (0 .. $#cases) {
  my ($id, $what) = @{$cases[$i]};
  my %found = map { $_->{id} => $_ } @{$files[$i + 1]{findings}};
  ok(join(' ', sort keys %found) eq $id, "$id: $what")
    or print "# found: ", join('; ', map { "$_: $found{$_}{message}" } sort keys %found), "\n";
}
open my $def, '<', ($ENV{abs_top_srcdir} // "$FindBin::Bin/..") . '/verify/checks.def' or die;
my @rules = map { /^CHECK \((P[TM]\d+),/ ? $1 : () } <$def>;
# PT111 needs an address, which a table by itself has not: 50-verify-files.t.
my @missing = grep { !$covered{$_} && $_ ne 'PT111' } @rules;
ok(!@missing, scalar(@rules) . ' rules, each broken') or print "# missing: @missing\n";
print "# ", scalar @cases, " broken tables\n1..$cnt\n";
exit($failed != 0);
