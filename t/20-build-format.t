#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# FORMAT's worked example is what the builder makes: every byte that section 12 shows.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"

[ "$(uname -m)" = x86_64 ] || skip_all "the example is for x86-64"
need as objcopy perl
cp "$tap_src/t/data/format/example.s" .
run as -gdwarf-5 --debug-prefix-map="$PWD=/src" example.s -o example.o
is "$status" 0 "the example assembles"
run "$CC" -nostdlib -static -no-pie -Wl,--build-id=none example.o -o example "$flags"
is "$status$out" 0 "the example links"
objcopy -O binary --only-section=.pctab example table.bin
perl -e '
  my ($format, $table) = @ARGV;
  local $/;
  open my $t, "<", $table or die; binmode $t; my $bytes = <$t>;
  open my $f, "<", $format or die; my $text = <$f>;
  $text =~ s/.*^12 A table byte by byte$//ms or die "no section 12\n";
  my ($shown, $wrong) = (0, 0);
  while ($text =~ /^  ([0-9a-f]{4})  ((?:[0-9a-f]{2}(?: |$))+)/mg)
    {
      my ($at, $want) = (hex $1, pack "H*", $2 =~ s/ //gr);
      my $have = substr $bytes, $at, length $want;
      $shown += length $want;
      next if $have eq $want;
      $wrong++;
      printf "# at %04x: FORMAT %s, table %s\n", $at, unpack ("H*", $want), unpack "H*", $have;
    }
  print "# $shown of ", length $bytes, " bytes shown\n";
  exit ($wrong || $shown < 500);
' "$tap_src/symtab/FORMAT" table.bin
ok $? "every byte shown is the table's"
done_testing
