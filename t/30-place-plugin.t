#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The plugin in a host that hands it any transfer vector: what it asks for, what it adds, how it refuses.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
"$CC" -std=gnu11 -D_GNU_SOURCE -O1 -w "$tap_src/t/lib/fake_linker.c" -o fake -ldl || skip_all 'the fake linker does not compile here'
echo 'int main (void) { return 0; }' >a.c
"$CC" -g -c a.c
"$CC" -g -fcf-protection -c a.c -o cet.o 2>/dev/null || cp a.o cet.o
fake () { ./fake "$pctab_so" "$@"; }

is "$(nm -D --defined-only "$pctab_so" | awk '{ print $3 }' | tr '\n' ' ')" 'onload ' 'onload alone is exported'
is "$(readelf -d "$pctab_so" | sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p' | grep -v '^libc\.\|^ld-linux' | tr '\n' ' ')" '' 'nothing but libc is needed'
is "$(nm -D --undefined-only "$pctab_so" | grep -c ' bfd_')" 0 'no symbol of libbfd'

run fake
is "$status $out" '0 onload: ok' 'a whole vector is taken'
for word in no-claim no-symbols no-cleanup no-add no-output; do
  run fake $word
  is "$status" 1 "$word: onload fails"
  like "$out" '^fatal: pctab: this linker does not offer .*: link with GNU ld 2.35 or later' "$word: says so"
done
run fake no-message
is "$status $out" '1 onload: error' 'no-message: onload fails in silence'
for word in refuse-claim refuse-symbols refuse-cleanup; do
  run fake $word
  is "$status" 1 "$word: onload fails"
  like "$out" '^fatal: pctab: this linker refuses a hook' "$word: says so"
done
run fake gold
like "$out" "^fatal: pctab: gold can't place a table" 'gold is refused'
run fake tag=4711 tag=99
is "$status $out" '0 onload: ok' 'unknown tags are ignored'
run fake option=statz
like "$out" "^fatal: pctab: unknown option 'statz'" 'an unknown option is refused'
run fake option=statz option=stats no-add
like "$out" '^fatal: pctab: this linker does not offer' 'a host that offers too little is the first thing said'

run fake claim=a.o all-symbols-read save=place.o cleanup
is "$status" 0 'a link without output: exit 0'
is "$out" 'onload: ok
claim: status 0, claimed 0, fd open
added: /proc/self/fd/N
all-symbols-read: ok
saved: yes
cleanup: ok' 'it claims nothing, adds one file, and leaves a link without output alone'
readelf -hSW place.o >/dev/null 2>err && [ ! -s err ] && readelf -SW place.o | grep -q '\.pctab  *PROGBITS'
ok $? 'what it adds is an object with .pctab'
is "$(od -An -tx1 -N16 -j "$((0x$(readelf -SW place.o | sed -n 's/.*\.pctab  *PROGBITS  *[0-9a-f]* \([0-9a-f]*\).*/\1/p')))" place.o | tr -d ' \n')" \
  '7f50435441420d0a0000000010000000' 'an unfinished header: magic, version 0, 16 bytes'
if have eu-elflint; then
  is "$(eu-elflint place.o 2>&1)" 'No errors' 'eu-elflint finds no error in it'
fi

run fake kind=rel claim=a.o all-symbols-read cleanup
is "$(printf '%s\n' "$out" | grep -c added)" 0 'kind=rel: nothing is added'
run fake kind=rel output=a.o claim=a.o all-symbols-read cleanup
is "$status" 0 'kind=rel: the output is left alone'
run fake refuse-add claim=a.o all-symbols-read cleanup
like "$out" '^fatal: pctab: the linker does not take the placeholder' 'refuse-add: says so'
run fake all-symbols-read save=host.o cleanup
is "$(readelf -h host.o | grep -E 'Class|Data:|Machine')" "$(readelf -h a.o | grep -E 'Class|Data:|Machine')" 'no input seen: the placeholder is for the host'

# The placeholder takes the first object's identity, class, flags and property note.
printf 'not an object' >text
: >empty
head -c 40 a.o >short
run fake claim=text claim=empty claim=short claim=cet.o claim=a.o all-symbols-read save=like.o cleanup
is "$status" 0 'files that are no objects are passed over'
readelf -n cet.o >want
readelf -n like.o >got
cmp want got
ok $? 'the first object'"'"'s properties are taken'
(printf '!<arch>\n'; head -c 1000 /dev/zero; cat a.o) >archive
run fake claim=archive@1008 all-symbols-read save=member.o cleanup
is "$(readelf -h member.o | grep -E 'Class|Data:|Machine')" "$(readelf -h a.o | grep -E 'Class|Data:|Machine')" 'a member of an archive, by its offset'

run fake option=reserve=123456 claim=a.o all-symbols-read save=place.o cleanup
is "$(readelf -SW place.o | awk '{ for (i = 1; i < NF; i++) if ($i == ".pctab") print $(i + 4) }')" 01e240 'reserve=123456: so many bytes'

# Without memfd or /proc the placeholder is a file in $TMPDIR, removed at cleanup: the same by hand, as TMPDIR is read late.
mkdir temp
TMPDIR=$PWD/temp run fake claim=a.o all-symbols-read cleanup
is "$(find temp -type f | wc -l)" 0 'nothing is left in $TMPDIR'

# The output at cleanup: only a linked program with the placeholder is touched.
"$CC" a.o -o fresh $flags,-plugin-opt=link=/bin/true
cp fresh prog
run fake output="$PWD/prog" claim=a.o all-symbols-read cleanup
is "$status" 0 'a program with a placeholder: exit 0'
placed prog
ok $? 'is finished'
cp fresh prog
run fake output="$PWD/prog" claim=a.o cleanup
cmp fresh prog
ok $? 'not when the link stopped before all symbols were read'
for file in text empty a.o /dev/null; do
  [ -c $file ] || cp $file keep
  run fake output="$PWD/$file" claim=a.o all-symbols-read cleanup
  is "$status" 0 "$file as the output: exit 0"
  [ -c $file ] || cmp $file keep
  ok $? "$file as the output: untouched"
done
mkdir folder
run fake output="$PWD/folder" claim=a.o all-symbols-read cleanup
is "$status" 0 'a folder as the output: exit 0'
mkfifo fifo
run timeout 10 ./fake "$pctab_so" output="$PWD/fifo" claim=a.o all-symbols-read cleanup
is "$status" 0 'a named pipe as the output: exit 0, no waiting'
run fake option=link=/bin/false output="$PWD/prog" claim=a.o all-symbols-read cleanup
like "$out" '^fatal: pctab: pctab-link failed without a message' 'a finisher that fails without a message'
[ ! -e prog ]
ok $? 'the unfinished output is removed'
cp fresh prog
run fake output="$PWD/prog" claim=a.o all-symbols-read cleanup cleanup
is "$status" 0 'cleanup twice, as ld does after a fatal message: done once'
cat >chatty <<'X'
#!/bin/sh
i=0
while [ $i -lt 3000 ]; do echo "a line that is quite long, to fill the pipe, number $i"; i=$((i + 1)); done >&2
exit 1
X
chmod +x chatty
cp fresh prog
run timeout 20 ./fake "$pctab_so" option=link="$PWD/chatty" output="$PWD/prog" claim=a.o all-symbols-read cleanup
is "$status" 1 'a finisher that says too much is no deadlock'

# Mutated objects.
mutations=0
cat >mutate.pl <<'X'
use strict; use warnings;
my ($in, $out, $seed) = @ARGV;
srand $seed;
open my $f, '<:raw', $in or die; my $d = do { local $/; <$f> };
for (1 .. 1 + int rand 8) {
  my $at = rand() < 0.5 ? int rand 64 : int rand length $d;
  substr $d, $at, 1, chr int rand 256;
}
$d = substr $d, 0, int rand length $d if rand() < 0.2;
open $f, '>:raw', $out or die; print $f $d;
X
bad=0
for seed in $(seq 1 300); do
  perl mutate.pl a.o mutated.o $seed
  timeout 10 ./fake "$pctab_so" claim=mutated.o all-symbols-read cleanup >/dev/null 2>&1
  status=$?
  [ $status -le 1 ] || { bad=$((bad + 1)); diag "seed $seed: status $status"; }
  mutations=$((mutations + 1))
done
is "$bad" 0 "$mutations mutated objects: no crash, no hang"
done_testing
