#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Files that are none of ours, or odd: empty, cut off, sparse, huge, unreadable, FIFOs and devices, loops of links, tables at
# another address, tables without section headers, files that change while they are read.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
need perl timeout
verify=$tap_build/verify/pctab-verify
[ -x "$verify" ] || skip_all 'pctab-verify is not built'
echo 'int twice (int v) { return 2 * v; } int main (int argc, char **argv) { (void) argv; return twice (argc) - 2; }' >a.c
# shellcheck disable=SC2086
"$CC" -O1 -g a.c -o prog $flags || skip_all 'a program does not link here'
placed prog
ok $? 'a program'
num () { printf '%d' "$(printf '%s' "$facts" | sed "s/.* $1=\(0x[0-9a-f]*\|[0-9]*\).*/\1/")"; }
off=$(num off) size=$(num size)

# finds ID FILE WHAT
finds () {
  run timeout 60 "$verify" "$2"
  is "$(printf '%s\n' "$out" | sed -n 's/.*\[\(P[A-Z][0-9]*\)\]$/\1/p' | sort -u | tr '\n' ' ')" "$1" "$3"
}
finds '' prog 'it is clean'
: >empty
finds 'PV101 ' empty 'an empty file'
printf '\177ELF' >four
finds 'PV101 ' four 'four bytes'
head -c 63 prog >headless
finds 'PV101 ' headless 'a header cut off'
head -c 5000 prog >"cut"
finds 'PV104 ' cut 'section headers cut off'
gcc -c a.c -o a.o
finds 'PV101 ' a.o 'an object file'
printf '!<arch>\n' >lib.a
finds 'PV101 ' lib.a 'an archive'

# patch FILE OFF HEX: bytes in a copy of prog.
patch () {
  cp prog "$1"
  perl -e 'open F, "+<:raw", $ARGV[0] or die; seek F, $ARGV[1], 0; print F pack "H*", $ARGV[2]' "$1" "$2" "$3"
}
patch many 60 0000
perl -e 'open F, "+<:raw", "many" or die; seek F, 40, 0; read F, my $b, 8; my $o = unpack "Q<", $b; seek F, $o + 32, 0; print F pack "Q<", 1 << 40'
finds 'PV104 ' many '2^40 sections'
patch shoff 40 ffffffffffffff7f
finds 'PV104 ' shoff 'section headers at the end of all addresses'
patch shent 58 2800
finds 'PV104 ' shent 'section headers of another size'
patch names 62 f0ff
finds 'PV104 ' names 'no table of names'
patch unfinished $((off + 8)) 00000000
finds 'PT103 ' unfinished 'an unfinished table'
patch bit $((off + size - 1)) ff
finds 'PT107 ' bit 'a byte of the table'
head -c $((off + 100)) prog >short
perl -e 'open F, "+<:raw", "short" or die; seek F, 40, 0; print F "\0" x 8; seek F, 60, 0; print F "\0" x 4'
finds 'PT104 ' short 'no section headers, and the table cut off'
cp prog bare
perl -e 'open F, "+<:raw", "bare" or die; seek F, 40, 0; print F "\0" x 8; seek F, 60, 0; print F "\0" x 4'
finds '' bare 'no section headers: the table is found by its segment'
like "$out" '1 tables' 'and verified'
objcopy -O binary --only-section=.pctab prog table 2>/dev/null && finds '' table 'a table by itself'
like "$out" '1 tables' 'is one'
# The text moves by 4096, the header's digest is made right.
cat >delta.pl <<'X'
use strict; use warnings;
use lib "$ENV{tap_src}/t/lib", "$ENV{tap_src}/t/oracle/lib";
use TableEdit;
my ($file, $off, $size) = @ARGV;
my $bytes = TableEdit::slurp ($file);
my $t = TableEdit->new (substr $bytes, $off, $size);
$t->num ('header', 'Q', 24, $t->num ('header', 'Q', 24) + 4096);
substr $bytes, $off, $size, $t->bytes;
TableEdit::spew ('moved', $bytes);
X
tap_src=$tap_src perl delta.pl prog "$off" "$size"
finds 'PT111 ' moved 'a table of other text'

# Sparse: nothing is read but headers.
truncate -s 1T huge 2>/dev/null && [ -e huge ] || skip_huge=1
if [ -z "${skip_huge:-}" ]; then
  finds 'PV101 ' huge 'a terabyte of nothing'
  cp prog sparse && truncate -s 1T sparse
  finds '' sparse 'a program with a terabyte behind it'
  # .pctab said to have all of it.
  perl -e 'open F, "+<:raw", "sparse" or die; seek F, 40, 0; read F, my $b, 8; my $sh = unpack "Q<", $b; seek F, 60, 0;
    read F, $b, 4; my ($n, $x) = unpack "S<2", $b;
    for (0 .. $n - 1) { seek F, $sh + 64 * $_, 0; read F, $b, 64; my @s = unpack "L<2Q<4", $b;
      if ($s[4] == $ARGV[0]) { seek F, $sh + 64 * $_ + 32, 0; print F pack "Q<", 1 << 39 }
      if ($_ == $x && $ARGV[1]) { seek F, $sh + 64 * $_ + 32, 0; print F pack "Q<", 1 << 39 } }' "$off" 0
  run timeout 60 "$verify" sparse
  ok "$((status > 1))" 'a section of half a terabyte: only the table is read'
  perl -e 'open F, "+<:raw", "sparse" or die; seek F, $ARGV[0] + 12, 0; print F "\xff\xff\xff\x7f"' "$off"
  # 2 GiB are less than the section: they are read, and the digest is wrong.
  if [ -n "${SANITIZE:-}" ]; then
    skip 'a table that says 2 GiB' 'sanitizers need more address space than ulimit would leave'
  else
    run timeout 100 sh -c "ulimit -v 1000000; '$verify' sparse"
    like "$out" 'memory is out|PT105' 'a table that says 2 GiB, with less memory than that'
  fi
  rm -f huge sparse
else
  skip 'sparse files' 'no file of a terabyte is possible here'
fi

# Things that are not regular files, and links.
mkdir -p dir/sub
cp prog dir/sub/prog
cp unfinished dir/unreadable
mkfifo dir/fifo
ln -s ../prog dir/link
ln -s .. dir/sub/loop
ln -s nowhere dir/dangling
run timeout 60 "$verify" dir
like "$out" ' 2 tables: 1 errors' 'FIFOs and links in a directory are passed over, loops too'
run timeout 60 "$verify" dir/link
like "$out" ' 1 tables: 0 errors' 'a link that is an argument is followed'
for f in dir/fifo /dev/null dir/dangling; do
  run timeout 60 "$verify" "$f"
  is "$status" 2 "$f: exit 2"
done
if [ "$(id -u)" != 0 ]; then
  chmod 0 dir/unreadable
  run "$verify" dir
  is "$status" 2 'an unreadable file: exit 2'
  like "$out" 'dir/unreadable: can.t open: Permission denied' 'and its name'
  like "$out" ' 1 tables' 'the others are verified'
elif have setpriv; then
  chmod 0 dir/unreadable
  chmod -R a+rX "$tmp" && chmod 0 dir/unreadable
  run setpriv --reuid=65534 --clear-groups --bounding-set=-all --inh-caps=-all "$verify" dir
  if printf '%s\n' "$out" | grep -q "setpriv\|failed to execute"; then
    skip 'an unreadable file' 'the build is not readable for nobody'
  else
    is "$status" 2 'an unreadable file: exit 2'
    like "$out" 'dir/unreadable: can.t open: Permission denied' 'and its name'
  fi
else
  skip 'an unreadable file' 'root reads everything, and setpriv is not installed'
fi

# Changing files: whatever is read, it ends in one of the three ways.
cp prog changing
(for i in $(seq 1 400); do
  head -c $((i * size / 100 % 9000)) prog >changing
  cat prog >changing
done) &
writer=$!
bad=0 cnt=0 changed=0
while kill -0 $writer 2>/dev/null; do
  timeout 60 "$verify" -j1 changing >out 2>&1
  case $? in
  0 | 1) ;;
  2) changed=$((changed + 1)) ;;
  *) bad=$((bad + 1)); diag "$(cat out)" ;;
  esac
  grep -q 'signal' out && { bad=$((bad + 1)); diag "$(cat out)"; }
  cnt=$((cnt + 1))
done
wait $writer
is "$bad" 0 "a file that is written meanwhile: $cnt times, $changed of them noticed"
run "$verify" changing
is "$status" 0 'at rest it is clean'
done_testing
