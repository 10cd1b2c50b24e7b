#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A reader written from FORMAT alone (oracle/format_reader.pl) gives the answers of pctab-dump at every instruction: of
# C++ with inlined calls from several files, of what only assembly makes, and of a big-endian program.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"

need perl objdump
reader=$tap_src/t/oracle/format_reader.pl
[ -x "$pctab_dump" ] || skip_all "pctab-dump is not built"

cat >small.h <<'X'
static inline int twice (int v) { return v + v; }
static inline int clamp (int v) { return v < 0 ? 0 : v > 1000 ? twice (v) % 1000 : v; }
X
cat >a.cc <<'X'
#include <algorithm>
#include <map>
#include <string>
#include <vector>
#include "small.h"
extern "C" int leafs (int v);
template <typename T> struct table
{
  std::map<std::string, std::vector<T>> rows;
  __attribute__ ((always_inline)) T &at (const std::string &key, unsigned i)
  {
    auto &row = rows[key];
    if (row.size () <= i) row.resize (i + 1);
    return row[i];
  }
  T sum () const { T s {}; for (auto &r : rows) for (auto &v : r.second) s += clamp (v); return s; }
};
int main (int argc, char **argv)
{
  table<int> ints;
  table<double> doubles;
  for (int i = 0; i < argc + 9; i++)
    {
      ints.at (argv[0], i) = leafs (i);
      doubles.at (std::to_string (i), i) = i;
    }
  auto row = ints.rows.begin ()->second;
  std::sort (row.begin (), row.end (), [] (int x, int y) { return clamp (x) > twice (y); });
  return ints.sum () + doubles.sum () + row[0] == 1;
}
X
cat >b.c <<'X'
#include "small.h"
static __attribute__ ((noinline)) int leaf (int v) { return clamp (v) ^ 5; }
static __attribute__ ((noinline)) int varying (int v) { volatile char room[v + 1]; room[v] = v; return room[v]; }
int leafs (int v)
{
  switch (v)
    {
    case 0: return leaf (v);
    case 1: return varying (twice (v));
    default: return leaf (v) + varying (clamp (v));
    }
}
X

# same WHAT FILE LEAST [OBJDUMP]: both readers at every instruction, LEAST or more, and at three PCs that are none's.
same () {
  local least=$3 cnt
  { "${4:-objdump}" -d --no-show-raw-insn "$2" | sed -n 's/^ *\([0-9a-f]*\):\t.*/\1/p'; printf '%s\n' 0 1 7ffffff0; } >pcs
  cnt=$(wc -l <pcs)
  "$pctab_dump" --lookup "$2" <pcs >first 2>first.err
  ok $? "$1: pctab-dump answers"
  perl "$reader" "$2" <pcs >second 2>second.err
  ok $? "$1: the reader from FORMAT answers"
  if [ -s first.err ] || [ -s second.err ]; then diag "$(cat first.err second.err)"; fi
  [ "$cnt" -ge "$least" ] && [ "$(wc -l <first)" = "$cnt" ] && cmp -s first second
  ok $? "$1: the same answers at $cnt PCs"
  diff first second | head -6 | cut -c1-600 | sed 's/^/# /'
  diag "$(grep -c '"cfa":{' second) with a CFA, $(grep -c '},{"func"' second) with inlined calls, of $cnt"
}

if have "${CXX:-g++}"; then
  run "$CC" -g -O2 -fomit-frame-pointer -c b.c
  # shellcheck disable=SC2086
  run "${CXX:-g++}" -g -O2 a.cc b.o -o cxx $flags
  is "$status$out" 0 'C++: links'
  same 'C++' cxx 500
else
  skip 'C++' 'no C++ compiler'
fi

cat >c.c <<'X'
int leafs (int v);
int main (int argc, char **argv) { (void) argv; return leafs (argc) < 0; }
X
run "$CC" -g -O0 c.c b.c -o plain "$flags"
is "$status$out" 0 'C without optimization: links'
same 'C without optimization' plain 60

if [ "$(uname -m)" = x86_64 ] && have as ld; then
  cp "$tap_src/t/data/format/stranger.s" .
  printf '\t.section .span, "ax", @progbits\n\tnop\n\tnop\n\t.section .note.GNU-stack, "", @progbits\n' >gap.s
  sed 's/gap//' gap.s >end.s
  printf 'ENTRY (torture)\nSECTIONS {
    . = 0x400000 + SIZEOF_HEADERS;
    . = 0x410000; .text : { *(.text) *(.span) }
    . = 0x2000000; .far : { *(.far) }
    . = 0x7000000; .farther : { *(.farther) }
    . = ALIGN (0x10000); .eh_frame : { *(.eh_frame) }
    .pctab ALIGN (CONSTANT (MAXPAGESIZE)) + CONSTANT (MAXPAGESIZE) : { KEEP (*(.pctab)) } }\n' >torture.ld
  { as -g stranger.s -o stranger.o && as gap.s -o gap.o && as -g end.s -o end.o; } || ok 1 'assembles'
  run ld stranger.o gap.o end.o -o torture -T torture.ld -plugin "$pctab_so"
  is "$status$out" 0 'assembly: links'
  same 'assembly' torture 70000
else
  skip 'assembly' 'it is for x86-64'
fi

if have s390x-linux-gnu-gcc s390x-linux-gnu-objdump; then
  # shellcheck disable=SC2086
  run s390x-linux-gnu-gcc -g -O2 c.c b.c -o s390x $flags
  is "$status$out" 0 's390x: links'
  same 's390x' s390x 60 s390x-linux-gnu-objdump
else
  skip 's390x' 'no s390x-linux-gnu-gcc'
fi

# A reader that refuses nothing would agree with anything: one bit of each part, and of the code, is enough.
"$pctab_dump" --lookup plain 0 >/dev/null && perl -e '
  my ($reader, $file) = @ARGV;
  local $/;
  open my $in, "<:raw", $file or die; my $bytes = <$in>;
  my $at = index $bytes, "\177PCTAB\r\n";
  my ($order, @missed) = ("<");
  my $hot_size = unpack "V", substr $bytes, $at + 16, 4;
  for my $off (8, 12, 16, 20, 24, 32, 40, 48, 56, 60, 64, $hot_size - 1, $hot_size, $hot_size + 20)
    {
      my $bad = $bytes;
      substr ($bad, $at + $off, 1) ^= "\4";
      open my $out, ">:raw", "broken" or die; print $out $bad; close $out;
      push @missed, $off if system ("perl $reader broken 0 >/dev/null 2>&1") == 0;
    }
  print "# not refused: a changed byte at @missed\n" if @missed;
  exit !!@missed;
' "$reader" plain
ok $? 'the reader from FORMAT refuses a table with one bit changed, at 14 places'
done_testing
