#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A Debian package of a program with a table: debhelper strips it, splits its debug information off and compresses that; what
# dpkg-deb unpacks is verified, dumped and run.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
# shellcheck source=SCRIPTDIR/lib/verify.sh
. "$tap_src/t/lib/verify.sh"
need dh dpkg-buildpackage dpkg-deb dwz strip

mkdir -p tabled/debian/source && cd tabled || exit 99
cat >table.h <<'X'
struct entry { const char *name; int value; };
int entry_compare (const void *a, const void *b);
int entry_sum (const struct entry *e, int cnt);
X
cat >table.c <<'X'
#include "table.h"
#include <string.h>
static inline int clamp (int v) { return v < 0 ? 0 : v > 100 ? 100 : v; }
int entry_compare (const void *a, const void *b)
{
  return strcmp (((const struct entry *) a)->name, ((const struct entry *) b)->name);
}
int entry_sum (const struct entry *e, int cnt)
{
  int sum = 0;
  for (int i = 0; i < cnt; i++)
    sum += clamp (e[i].value);
  return sum;
}
X
cat >main.c <<'X'
#include "table.h"
#include <stdio.h>
#include <stdlib.h>
int main (void)
{
  struct entry e[] = { { "b", 7 }, { "a", 1000 }, { "c", -3 } };
  qsort (e, 3, sizeof *e, entry_compare);
  printf ("%s %d\n", e[0].name, entry_sum (e, 3));
  return 0;
}
X
cat >Makefile <<'X'
all: tabled libtabled.so.1
tabled: main.o table.o
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ main.o table.o
libtabled.so.1: table.o
	$(CC) $(CFLAGS) $(LDFLAGS) -shared -Wl,-soname,$@ -o $@ table.o
%.o: %.c table.h
	$(CC) $(CPPFLAGS) $(CFLAGS) -fPIC -c $<
install: all
	mkdir -p $(DESTDIR)/usr/bin $(DESTDIR)/usr/lib/tabled
	cp tabled $(DESTDIR)/usr/bin/
	cp libtabled.so.1 $(DESTDIR)/usr/lib/tabled/
clean:
	rm -f *.o tabled libtabled.so.1
X
cat >debian/control <<'X'
Source: tabled
Section: misc
Priority: optional
Maintainer: pctab <pctab@localhost>
Build-Depends: debhelper-compat (= 13)
Standards-Version: 4.6.2
Rules-Requires-Root: no

Package: tabled
Architecture: any
Depends: ${shlibs:Depends}, ${misc:Depends}
Description: program with a module table
 For a test.
X
cat >debian/changelog <<'X'
tabled (1.0) unstable; urgency=low

  * For a test.

 -- pctab <pctab@localhost>  Thu, 01 Jan 2026 00:00:00 +0000
X
echo '3.0 (native)' >debian/source/format
printf 'License: MIT\n' >debian/copyright
cat >debian/rules <<X
#!/usr/bin/make -f
PCTAB_FLAGS = $flags
PCTAB_VERIFY = $pctab_verify
PCTAB_VERIFY_FLAGS = --require-table --fail-on=warning
include $tap_src/contrib/debian/pctab.mk
%:
	dh \$@
X
chmod +x debian/rules
run env -u MAKEFLAGS -u MAKELEVEL DEB_BUILD_OPTIONS=nocheck dpkg-buildpackage -us -uc -b -d --no-sign
ok "$status" 'dpkg-buildpackage'
[ "$status" = 0 ] || diag "$(printf '%s\n' "$out" | tail -n 25)"
log=$out
cd ..
is "$(printf '%s\n' "$log" | grep -Eo '^ +dh_(dwz|strip)' | tr -d ' ' | sort -u | tr '\n' ' ')" 'dh_dwz dh_strip ' 'with both'
like "$log" '2 ELF files, 2 tables: 0 errors, 0 warnings' 'the hook verified what was to be packed'
deb=$(ls tabled_1.0_*.deb 2>/dev/null)
debug=$(ls tabled-dbgsym_1.0_*.deb tabled-dbgsym_1.0_*.ddeb 2>/dev/null)
[ -n "$deb" ] || { ok 1 'there is a package'; done_testing; }
succeeds 'the package is unpacked' dpkg-deb -x "$deb" root
is "$(readelf -SW root/usr/bin/tabled | grep -Ec '\.debug|\.symtab')" 0 'it is stripped'
run "$pctab_verify" --require-table --fail-on=note root
is "$status" 0 'nothing is found in it'
like "$out" '2 ELF files, 2 tables: 0 errors, 0 warnings, 0 notes' 'two files were verified'
is "$(root/usr/bin/tabled)" 'a 107' 'the program runs'
for f in root/usr/bin/tabled root/usr/lib/tabled/libtabled.so.1; do
  like "$("$pctab_dump" "$f")" 'entry_sum' "$f: the table has the names that strip has removed"
done
entry=$("$pctab_dump" root/usr/bin/tabled | sed -n 's/^\(0x[0-9a-f]*\)-.* entry_sum .*/\1/p')
like "$(printf '%s\n' "$entry" | "$pctab_dump" --lookup root/usr/bin/tabled)" '"file":"[^"]*table.c","line":[1-9]' 'and the lines'
if [ -n "$debug" ]; then
  succeeds 'the package of debug information is unpacked' dpkg-deb -x "$debug" debug
  files=$(find debug -name '*.debug' | wc -l)
  like "$files" '^[1-9]' "it has debug files ($files)"
  run "$pctab_verify" --require-table --fail-on=note debug
  is "$status" 0 'nothing is found in them'
  # Put together again they must agree.
  if have eu-unstrip; then
    id=$(readelf -n root/usr/bin/tabled | sed -n 's/.*Build ID: \(..\)\(.*\)/\1\/\2/p')
    dwz=$(find "$PWD/debug" -path '*/.dwz/*' -type f)
    [ -z "$dwz" ] || diag 'dwz made a common file'
    succeeds 'program and debug file are joined' eu-unstrip -o joined root/usr/bin/tabled "debug/usr/lib/debug/.build-id/$id.debug"
    like "$(rules_of joined)" '^(PE110)?$' 'the joined file agrees with its table'
  fi
else
  skip 'the package of debug information' 'debhelper made none'
fi
edit root/usr/bin/tabled bytes .text+20 cc
is "$("$pctab_verify" -q root >out 2>&1; echo $?) $(grep -c PE203 out)" '1 1' 'one byte of code changed in the tree: found'
done_testing
