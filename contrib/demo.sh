#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The main job, shown on a real program: link SQLite, from Debian's source, with the plugin; what the table costs; what it
# answers; that it is right; and a crash handler that uses one.  Without that source (no network, no apt) the program is the project's own pctab-dump.
#
#   contrib/demo.sh BUILD       the build directory; `./bootstrap demo` makes it
set -eu
exec </dev/null
top=$(cd "$(dirname "$0")/.." && pwd)
build=$(cd "${1:-_build}" && pwd)
out=$build/demo
flags=$(cat "$build/linker/pctab.flags")
corpus=${PCTAB_CORPUS:-$build/t/corpus}
mkdir -p "$out"

dump=$build/pctab-dump
[ -x "$dump" ] || dump=$build/symtab/pctab-dump

# Both links, as $out/$name (with the table) and $out/$name.plain.
link_sqlite ()
{
  "$top/t/corpus/build.sh" "$corpus" sqlite || return 1
  name=sqlite
  echo "cc -O2 -g shell.o sqlite3.o -o sqlite  plus what linker/pctab.flags holds:"
  echo "  $flags"
  OUT=$out/sqlite.plain "$corpus/sqlite/link.sh"
  OUT=$out/sqlite "$corpus/sqlite/link.sh" $flags
  echo "select 'the program runs: ' || sum(value) from json_each('[1,2,3]');" | "$out/sqlite"
}

# The way any package is built with a table: ./configure LDFLAGS=...
link_own ()
{
  name=pctab-dump
  echo "No SQLite source here; the program is pctab-dump itself: ./configure LDFLAGS='$flags' && make"
  mkdir -p "$out/own"
  (cd "$out/own" && { [ -f Makefile ] || "$top/configure" -q LDFLAGS="$flags"; } && make -s)
  cp "$(find "$out/own" -name pctab-dump -type f -perm -u+x | head -n 1)" "$out/$name"
  cp "$dump" "$out/$name.plain"
}

len_of ()
{
  file=$1
  shift
  readelf -SW "$file" | perl -ne 'BEGIN { %want = map { $_ => 1 } split / /, shift @ARGV }
    $sum += hex $2 if /^\s*\[\s*\d+\]\s+(\S+)\s+\S+\s+\S+\s+\S+\s+(\S+)/ && $want{$1}; END { print $sum || 0 }' "$*"
}

sizes ()
{
  printf '\nSizes, bytes:\n'
  printf '  %-34s %10d\n' ".text" "$(len_of "$out/$name" .text)"
  printf '  %-34s %10d\n' "module table (.pctab)" "$(len_of "$out/$name" .pctab)"
  printf '  %-34s %10d\n' ".eh_frame + .eh_frame_hdr" "$(len_of "$out/$name" .eh_frame .eh_frame_hdr)"
  gsymutil=$(command -v llvm-gsymutil || ls /usr/bin/llvm-gsymutil-* 2>/dev/null | sort -V | tail -n 1)
  if [ -n "$gsymutil" ]; then
    "$gsymutil" --convert "$out/$name.plain" --out-file "$out/$name.gsym" >/dev/null 2>&1 &&
      printf '  %-34s %10d\n' "GSYM (names and lines, no frames)" "$(stat -c %s "$out/$name.gsym")"
  else
    echo "  GSYM: llvm-gsymutil is missing (package llvm)"
  fi
  printf '\nThe table, by part (pctab-dump --stats):\n'
  "$dump" --stats "$out/$name" | sed 's/^/  /'
}

# Each PC's answer as pctab has it and as addr2line does from the debug information.
lookups ()
{
  printf '\nPCs looked up in the table, beside addr2line -f -i:\n'
  perl "$top/t/bench/pcs.pl" 6 "$out/$name" >"$out/pcs"
  perl -MJSON::PP -e '
    my ($dump, $prog, $pcs) = @ARGV;
    open my $in, "-|", "$dump --lookup $prog <$pcs" or die;
    while (<$in>) {
      my $a = decode_json $_;
      print "  $a->{pc}: CFA ", $a->{cfa} ? "$a->{cfa}{base}+$a->{cfa}{offset}" : "unknown", "\n";
      my @ours = map { "$_->{func} " . ($_->{file} // "?") =~ s|.*/||r . ":" . ($_->{line} // "?") } @{$a->{frames}};
      my @raw = split /\n/, `addr2line -f -i -e $prog $a->{pc}`;
      my @theirs;
      while (my ($f, $l) = splice @raw, 0, 2) { push @theirs, "$f " . $l =~ s|.*/||r =~ s| .discriminator.*||r; }
      for my $i (0 .. (@ours > @theirs ? $#ours : $#theirs)) {
        printf "    %-44s | %s\n", $ours[$i] // "", $theirs[$i] // "";
      }
    }' "$dump" "$out/$name" "$out/pcs"
}

verify ()
{
  printf '\nThe table held against its file, its code and what debug information it has:\n  '
  "$build/verify/pctab-verify" --require-table --fail-on=warning "$out/$name"
}

# A stripped program says where it crashed.
crash ()
{
  printf '\nA stripped program that crashes in what qsort() calls (contrib/demo_crash.c, <pctab/crash.h>):\n'
  cc -O2 -g "$top/contrib/demo_crash.c" -I"$top/include" -o "$out/crash" "$build/runtime/.libs/libpctab.a" $flags && strip "$out/crash"
  { "$out/crash" 2>&1 || echo "exit status $?"; } | sed 's/^/  /'
}

link_sqlite || link_own
sizes
lookups
verify
crash
printf '\nThe program: %s; try  pctab-dump --functions %s\n' "$out/$name" "$out/$name"
