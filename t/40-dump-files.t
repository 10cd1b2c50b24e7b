#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Files that pctab-dump can't read a table from, or only in another way: each is one line on standard error that says what
# is wrong and what to do, exit 1, and nothing on standard output.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
need perl objcopy strip readelf
cat >a.c <<'X'
static inline int twice (int v) { return v + v; }
int f (int v) { return v > 3 ? twice (v) : 1; }
int main (int argc, char **argv) { (void) argv; return f (argc); }
X
"$CC" -O1 -g a.c -o prog $flags && placed prog
ok $? 'a program'
"$pctab_dump" prog >whole && "$pctab_dump" --lookup prog 0 >/dev/null
ok $? 'it is read'

# refused WHAT PATTERN FILE: by every mode.
refused () {
  local what=$1 pattern=$2 mode bad=0
  shift 2
  for mode in --stats --functions --json '--json --stats' --lookup ''; do
    # shellcheck disable=SC2086
    "$pctab_dump" $mode "$@" </dev/null >out 2>err
    status=$?
    if [ $status != 1 ] || [ -s out ] || [ "$(wc -l <err)" != 1 ] || ! grep -Eq -- "^pctab-dump: $pattern" err; then
      diag "mode '$mode': status $status, $(wc -c <out) bytes of output" "$(cat err)" "pattern: $pattern"
      bad=1
    fi
  done
  ok $bad "$what (6 modes)"
}
refused 'absent' "absent: .*No such file" absent
mkdir dir
refused 'a folder' 'dir: ' dir
: >empty
refused 'empty' 'empty: .*(ELF|empty)' empty
perl -e 'print pack "C*", map { $_ * 7 % 256 } 0 .. 9999' >garbage
refused 'garbage' 'garbage: .*ELF' garbage
"$CC" -O1 -g a.c -o plain
refused 'linked without the plugin' 'plain: has no module table; link it with the flags' plain
"$CC" -c a.c
refused 'an object file' 'a.o: has no module table' a.o
if [ "$(id -u)" != 0 ]; then
  cp prog secret
  chmod 0 secret
  refused 'not readable' 'secret: .*Permission denied' secret
fi

objcopy --only-keep-debug prog prog.debug
refused 'a separate debug file' 'prog.debug: \.pctab: .*read (that|the stripped)' prog.debug
cp prog stripped
strip stripped
"$pctab_dump" --stats stripped >got && sed 's/^prog:/stripped:/' whole | head -n "$(wc -l <got)" | cmp - got
ok $? 'the stripped program beside it has the same table'

# Every length: no crash, no output; what is cut off behind the table may be missed by nobody.
size=$(stat -c %s prog)
cat >cut.pl <<'X'
use strict; use warnings;
my ($dump, $file, $size) = @ARGV;
open my $in, '<:raw', $file or die; read $in, (my $data), $size;
my ($cnt, $refused, %bad) = (0, 0);
for (my $len = 0; $len < $size; $len += $len < 4096 ? 97 : $len < $size - 4096 ? 1009 : 61) {
  open my $out, '>:raw', 'cut' or die; print $out substr $data, 0, $len; close $out;
  my $text = `$dump --stats cut 2>&1`;
  $cnt++;
  if ($? >> 8 == 1 && !($? & 127) && $text =~ /\Apctab-dump: cut: [^\n]+\n\z/) { $refused++ }
  elsif ($?) { $bad{"length $len: status $?: $text"}++ }
}
print "$cnt lengths, $refused refused\n", keys %bad;
exit (%bad || $refused < $cnt / 2);
X
run perl cut.pl "$pctab_dump" prog "$size"
ok "$status" 'truncated anywhere'
diag "$out"

# Without section headers: by the program header.
cat >noshdr.pl <<'X'
use strict; use warnings;
open my $f, '+<:raw', $ARGV[0] or die;
read $f, my $ident, 16;
my ($class, $data) = unpack 'x4CC', $ident;
my ($off, $len, $cnt) = $class == 2 ? (40, 8, 58) : (32, 4, 46);
seek $f, $off, 0; print $f "\0" x $len;
seek $f, $cnt, 0; print $f "\0" x 6;
X
cp prog bare
perl noshdr.pl bare
is "$(readelf -SW bare 2>&1 | grep -c pctab)" 0 'a copy without section headers'
"$pctab_dump" bare >got && sed 's/^prog:/bare:/' whole | cmp - got
ok $? 'is found by its program header, and reads the same'

# A placeholder that nobody filled.
cat >unfinished.pl <<'X'
use strict; use warnings;
my ($file, $off) = @ARGV;
open my $f, '+<:raw', $file or die;
seek $f, $off + 8, 0; print $f "\0\0\0\0";
X
off=$(printf '%s' "$facts" | sed 's/.* off=\(0x[0-9a-f]*\).*/\1/')
cp prog unfinished
perl unfinished.pl unfinished "$(printf '%d' "$off")"
refused 'unfinished' 'unfinished: \.pctab: .*(unfinished|placeholder).*; run pctab-link' unfinished
mv a.c gone.c
cp prog version
perl -e 'my ($f, $o) = @ARGV; open F, "+<:raw", $f or die; seek F, $o + 8, 0; print F pack "L", 99' version "$(printf '%d' "$off")"
refused 'another version' 'version: \.pctab: .*version.*; use the pctab-dump' version
perl -e 'my ($f, $o) = @ARGV; open F, "+<:raw", $f or die; seek F, $o, 0; print F "x"' bare "$(printf '%d' "$off")"
cp prog magic
perl -e 'my ($f, $o) = @ARGV; open F, "+<:raw", $f or die; seek F, $o, 0; print F "x"' magic "$(printf '%d' "$off")"
refused 'no magic' 'magic: \.pctab: ' magic
refused 'no magic, no section headers' 'bare: has no module table' bare

# The other byte order, and 32 bits.
for target in s390x-linux-gnu i686-linux-gnu; do
  if ! have $target-gcc; then
    skip "$target" "$target-gcc is not installed"
    continue
  fi
  $target-gcc -O1 -g gone.c -o foreign $flags && placed foreign
  ok $? "$target: links"
  "$pctab_dump" --json foreign >json && "$pctab_dump" foreign >text
  ok $? "$target: is read"
  if have $target-nm; then
    $target-nm foreign | sed -n 's/^0*\([0-9a-f]*\) T \(f\|main\)$/0x\1 \2/p' | sort >want
    sed -n 's/^\(0x[0-9a-f]*\)-0x[0-9a-f]*  \(f\|main\)  .*/\1 \2/p' text | sort >got
    is "$(cat got)" "$(cat want)" "$target: f and main where nm has them"
  fi
  pc=$(sed -n 's/^\(0x[0-9a-f]*\)-0x[0-9a-f]*  f  .*/\1/p' text)
  like "$("$pctab_dump" --lookup foreign "$pc")" '"func":"f".*"file":".*gone\.c","line":2.*"cfa":\{"base":"sp"' "$target: answers"
  order=$([ $target = s390x-linux-gnu ] && echo big || echo little)
  like "$(cat json)" "\"byte_order\":\"$order\"" "$target: $order-endian"
  objcopy -O binary -j .pctab foreign image 2>/dev/null || $target-objcopy -O binary -j .pctab foreign image
  off=$(printf '%s' "$facts" | sed 's/.* off=\(0x[0-9a-f]*\).*/\1/')
  perl -e 'my ($f, $o) = @ARGV; open F, "+<:raw", $f or die; seek F, $o + 70, 0; read F, my $b, 1; seek F, $o + 70, 0; print F chr (ord ($b) ^ 1)' foreign "$(printf '%d' "$off")"
  refused "$target: a flipped bit" 'foreign: \.pctab: ' foreign
done

if [ -w /dev/full ]; then
  for mode in --stats --functions --json --lookup; do
    echo 1000 | "$pctab_dump" $mode prog 2>err >/dev/full
    status=$?
    is "$status $(cat err)" '1 pctab-dump: standard output: can'\''t write: No space left on device' "$mode: a full disk is an error"
  done
else
  skip 'a full disk' 'there is no /dev/full'
fi
"$pctab_dump" --lookup prog 0 >&- 2>err
is "$?" 1 'closed standard output is an error'
done_testing
