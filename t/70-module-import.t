#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# pctab_module_import_loaded(): all files of a process have a module then; its functions, rows and signal frames are
# those that readelf says, by lookups of every PC; its names are .dynsym's; the bytes are the same in each process.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
need perl readelf ldd
print=$tap_build/t/tool/import_print
[ -x "$print" ] || skip_all 't/tool/import_print is not built'
[ "$(uname -m)" = x86_64 ] || [ "$(uname -m)" = aarch64 ] || skip_all 'this machine has no .eh_frame in its C library'

run "$print" modules
like "$out" '^made [1-9][0-9]*, again 0$' 'every file is imported once'
diag "$out"
files=$(printf '%s\n' "$out" | awk '$1 ~ /^\// && $3 == "imported" { print $1 }')
for lib in libc.so.6 libpctab.so ld-linux; do
  like "$out" "/${lib}[^ ]* [0-9]+ imported" "$lib has a module"
done
is "$(printf '%s\n' "$out" | grep -c 'no module table')" 0 'none is left without'
dso=linux-vdso.so.1
"$print" vdso $dso && files="$files $dso" || skip 'the vDSO' 'there is none'

# names FILE: of all places where .dynsym has functions, how many; says what is wrong.
names () {
  perl -e 'my ($print, $file) = @ARGV; my (%names, %size, $bad);
    for (`readelf --dyn-syms -W "$file"`) {
      my (undef, $at, $size, $type, $bind, undef, $section, $name) = split;
      next unless ($type // "") =~ /^I?FUNC$/ && $section =~ /^\d+$/;
      $name =~ s/@.*//;
      $names{hex $at}{$name} = $bind;
      $size{hex $at}{$size =~ /^0x/ ? hex $size : $size} = 1;
    }
    for (`"$print" symbols "$file"`) {
      my ($at, $end, $name) = split;
      my $want = delete $names{hex $at};
      if (!$want || !$want->{$name}) { print "$at $name: not in .dynsym\n"; $bad++; }
      elsif ($want->{$name} ne "GLOBAL" && grep { $_ eq "GLOBAL" } values %$want) { print "$at $name: a weak name\n"; $bad++; }
      $cnt++;
    }
    for (sort keys %names) { printf "%x %s: missing\n", $_, join " ", keys %{$names{$_}}; $bad++; }
    print "$cnt names\n"; exit($bad || !$cnt ? 1 : 0)' "$print" "$1"
}
for file in $files; do
  case $file in */import_print) continue ;; esac
  succeeds "${file##*/}: readelf's functions and rows" perl "$tap_src/t/oracle/frames.pl" "$print" "$file"
  diag "$out"
  succeeds "${file##*/}: .dynsym's names" names "$file"
  diag "$out"
done
"$print" write libc.so.6 a && "$print" write libc.so.6 b && cmp a b
ok $? 'the same table in two processes, which have libc at two addresses'

# __restore_rt is a signal frame.
if [ "$(uname -m)" = x86_64 ]; then
  is "$("$print" frames libc.so.6 | grep -c ' signal$')" 1 'libc has one signal frame'
fi
done_testing
