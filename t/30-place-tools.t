#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The tools that packages run over a linked file accept it, and the table comes through them byte for byte.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
cat >a.c <<'X'
#include <stdio.h>
#include <string.h>
struct pair { int left, right; };
static int sum (const struct pair *p) { return p->left + p->right; }
int main (void) { struct pair p; memset (&p, 1, sizeof p); printf ("%d\n", sum (&p)); return 0; }
X
mkdir -p src
mv a.c src/
"$CC" -g -O1 "$PWD/src/a.c" -o renewed $flags -Wl,--emit-relocs
"$CC" -g -O1 "$PWD/src/a.c" -o filled $flags -Wl,-plugin-opt=reserve=1000000
ln filled other && "$pctab_link" --force filled && rm other
"$CC" -g -O1 -shared -fPIC "$PWD/src/a.c" -o libshared.so $flags
placed renewed && placed filled && placed libshared.so
ok $? 'three files: written anew, filled in place, a shared object'

for file in renewed filled libshared.so; do
  objdump -d --section=.text $file | sed -n 's/^ *\([0-9a-f]*\):\t.*/\1/p' >$file.pcs
  "$pctab_dump" --lookup $file <$file.pcs >$file.answers
  like "$(cat $file.answers)" '"func":"(main)".*"file":".*a.c","line":[0-9]' "$file: $(wc -l <$file.pcs) answers to keep"
done

# keeps NAME COMMAND...: runs COMMAND over copies named work; it exits 0, the table is unchanged and answers as before, and
# programs run.
keeps () {
  local name=$1 file good
  shift
  if ! have "$1"; then
    skip "$name" "$1 is not installed"
    return
  fi
  for file in renewed filled libshared.so; do
    cp "$file" work
    rm -f aux
    table_bytes work >before
    run "$@"
    good=$status
    diag "$out" | grep -v '^# $'
    table_bytes work >after && [ -s after ] && cmp before after && placed work || good=1
    "$pctab_dump" --lookup work <"$file.pcs" | cmp - "$file.answers" || good=1
    [ "$file" = libshared.so ] || [ "$(./work)" = 33686018 ] || good=1
    ok "$good" "$name: $file"
  done
}

keeps 'strip' strip work
keeps 'strip -g' strip -g work
keeps 'strip --strip-unneeded' strip --strip-unneeded work
keeps 'eu-strip' eu-strip work
keeps 'eu-strip -f' eu-strip -f aux work
keeps 'eu-strip -g -f' eu-strip -g -f aux work
keeps 'objcopy' objcopy work
keeps 'objcopy --compress-debug-sections' objcopy --compress-debug-sections work
keeps 'objcopy --only-keep-debug, then strip with a debug link' \
  sh -c 'objcopy --only-keep-debug work aux && strip -g work && objcopy --add-gnu-debuglink=aux work'
keeps 'objcopy --only-keep-debug, elsewhere' objcopy --only-keep-debug work aux
keeps 'dwz' dwz work
keeps 'debugedit' debugedit -b "$PWD" -d /usr/src/debug work
keeps 'debugedit -i' debugedit -i work
keeps 'patchelf --set-rpath' patchelf --set-rpath /nonexistent/a/very/long/path/that/does/not/fit/anywhere work
keeps 'eu-elflint' eu-elflint --gnu-ld work
keeps 'gdb-add-index' sh -c 'command -v gdb >/dev/null || exit 0; gdb-add-index work'
keeps 'dwz, patchelf, strip one after the other' sh -c 'dwz work && patchelf --set-rpath /x work && strip work'

if have dh_dwz dh_strip; then
  mkdir -p pkg/debian pkg/debian/probe/usr/bin
  cp renewed pkg/debian/probe/usr/bin/probe
  printf 'Source: probe\nMaintainer: Nobody <nobody@localhost>\n\nPackage: probe\nArchitecture: any\nDescription: a probe\n' >pkg/debian/control
  printf 'probe (1) unstable; urgency=low\n\n  * x\n\n -- Nobody <nobody@localhost>  Thu, 01 Jan 2026 00:00:00 +0000\n' >pkg/debian/changelog
  echo 13 >pkg/debian/compat
  table_bytes renewed >before
  run sh -c 'cd pkg && dh_dwz && dh_strip'
  good=$status
  table_bytes pkg/debian/probe/usr/bin/probe >after && cmp before after || good=1
  ok $good 'dh_dwz and dh_strip'
  [ $good = 0 ] || diag "$out"
else
  skip 'dh_dwz and dh_strip' 'debhelper is not installed'
fi

objcopy --only-keep-debug renewed only.debug
fails 'a separate debug file is refused' 'has no bytes in the file; is this a separate debug file' "$pctab_link" only.debug
done_testing
