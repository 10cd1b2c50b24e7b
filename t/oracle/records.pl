#!/usr/bin/env perl
# SPDX-License-Identifier: GPL-3.0-or-later
# The per-object records of objects or of files linked without pctab, one a line: `records.pl FILE...`.
use strict;
use warnings;
use File::Basename qw(dirname);
use lib dirname(__FILE__) . '/lib';
use Records qw(read_elf read_records record_text);

die "usage: records.pl FILE...\n" if !@ARGV;
for my $path (@ARGV) {
  my $e = read_elf($path);
  print record_text($e, $_), "\n" for read_records($e);
}
