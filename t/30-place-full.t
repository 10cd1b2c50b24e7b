#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A disk that fills up while the table is placed: one message, non-zero, and the file as it was.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
[ "$(id -u)" = 0 ] || skip_all 'only root can mount a small tmpfs'
mkdir disk
mount -t tmpfs -o size=3m none disk 2>/dev/null || skip_all 'a tmpfs cannot be mounted here'
tap_cleanup () {
  umount "$tmp/disk"
  cd / && rm -rf "$tmp"
}
echo 'int main (void) { return 0; }' >a.c
"$CC" -g -c a.c
"$CC" a.o -o fresh $flags,-plugin-opt=link=/bin/true,-plugin-opt=reserve=16
head -c 1000000 /dev/urandom >junk
objcopy --add-section .junk=junk fresh big

cp big disk/prog
dd if=/dev/zero of=disk/filler bs=1k 2>/dev/null
fails 'pctab-link on a full disk' "prog: can't write a new file beside it: No space left on device" "$pctab_link" disk/prog
is "$(printf '%s\n' "$out" | wc -l)" 1 'one message'
cmp big disk/prog
ok $? 'the file is as it was'
is "$(cd disk && echo *)" 'filler prog' 'nothing is left beside it'

rm disk/filler disk/prog
"$CC" a.o -o disk/prog $flags
size=$(stat -c %s disk/prog)
rm disk/prog
dd if=/dev/zero of=disk/filler bs=1k count=$((3072 - size / 1024 - 8)) 2>/dev/null
fails 'ld with room for its own output only' "can't write a new file beside it: No space left" "$CC" a.o -o disk/prog $flags
[ ! -e disk/prog ]
ok $? 'leaves no output'
is "$(printf '%s\n' "$out" | grep -c pctab)" 1 'one message of ours'
dd if=/dev/zero of=disk/filler bs=1k 2>/dev/null
LC_ALL=C "$CC" a.o -o disk/prog >want 2>&1
rm -f disk/prog
"$CC" a.o -o disk/prog $flags >got 2>&1
[ $? != 0 ] && cmp want got
ok $? 'ld with no room at all: its own messages alone'
diff want got | sed 's/^/# /'
rm -f disk/*
succeeds 'with room again it links' "$CC" a.o -o disk/prog $flags
placed disk/prog
ok $? 'and the table is there'
done_testing
