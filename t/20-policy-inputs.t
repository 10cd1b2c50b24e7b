#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The list of a link's inputs: what the plugin writes, what ld.lld's --trace prints, what a person writes; archives of every
# kind; inputs that are gone, changed or damaged.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
# shellcheck source=SCRIPTDIR/lib/policy.sh
. "$tap_src/t/lib/policy.sh"
mkdir -p 'src' lib
long=a_member_whose_name_is_longer_than_an_archive_header_has_room_for
cat >main.c <<'X'
extern int one (int), two (int), three (int);
__attribute__ ((noinline)) int plain (int v) { return v * 3; }
int main (int argc, char **argv) { (void) argv; return one (argc) + two (argc) + three (argc) + plain (argc); }
X
printf '#include <errno.h>\nint one (int v) { return errno + v; }\n' >src/one.c
printf 'int two (int v) { return v + 2; }\n' >src/$long.c
printf 'int three (int v) { return v + 3; }\n' >src/three.c
"$CC" -O1 -c main.c && for f in one $long three; do "$CC" -O1 -c src/$f.c -o src/$f.o; done
rm -f lib/*.a
ar rc lib/libone.a src/one.o src/three.o
ar rcT lib/libtwo.a src/$long.o
"$CC" main.o lib/libone.a lib/libtwo.a -o prog $spy_flags
decide prog inputs=inputs exclude-object=$long.o exclude-archive=nothing.a
want='main=- plain=- one=TLS two=EXCLUDED three=-'
# shellcheck disable=SC2086
reasons_are 'the list that the plugin writes' $want
grep -q "^main.o	0	$(stat -c %s main.o)$" inputs && [ "$(grep -c '^lib/libone.a	[1-9][0-9]*	[0-9]*$' inputs)" = 2 ] && grep -q "^lib/libtwo.a	0	" inputs
ok $? 'path, offset and size of each object; a thin archive by itself'
is "$(grep -c 'libc.so\|ld-linux' inputs)" 0 'no shared objects'

# by_hand WHAT LINE...
by_hand () {
  local what=$1
  shift
  printf '%s\n' "$@" >list
  decide prog inputs=list exclude-object=$long.o
  # shellcheck disable=SC2086
  reasons_are "$what" $want
}
by_hand 'objects by themselves' main.o src/one.o src/three.o src/$long.o
by_hand 'archives: all members' main.o lib/libone.a lib/libtwo.a
by_hand 'members by name' main.o 'lib/libone.a(three.o)' 'lib/libone.a(one.o)' "lib/libtwo.a($PWD/src/$long.o)" src/$long.o
by_hand 'with other things among them' main.o '' /etc/passwd "$pctab_so" lib/libone.a "$(command -v ls)" lib/libtwo.a prog
by_hand 'twice' main.o main.o lib/libone.a lib/libone.a src/one.o lib/libtwo.a
printf 'main.o\nlib/libone.a\nlib/libtwo.a' >list
decide prog inputs=list exclude-object=$long.o
# shellcheck disable=SC2086
reasons_are 'the last line without a newline' $want
mkfifo pipe
printf 'main.o\nlib/libone.a\nlib/libtwo.a\n' >pipe &
decide prog inputs=pipe exclude-object=$long.o
# shellcheck disable=SC2086
reasons_are 'from a pipe' $want
printf 'main.o\nlib/libone.a(one.o)\n' >list
decide prog inputs=list
reasons_are 'an incomplete one: what is not in it is unknown code' main=- plain=- one=TLS two=UNSEEN three=UNSEEN

# An archive of the other kind, with names before the data.
perl -e 'print "!<arch>\n"; for my $f (@ARGV) { open my $in, "<:raw", $f or die; local $/; my $d = <$in>; my $n = $f; $n =~ s,.*/,,; $n .= "\0" x (-length ($n) % 4 + 4);
         my $all = length ($d) + length $n; printf "%-16s%-12s%-6s%-6s%-8s%-10s`\n", "#1/" . length $n, 0, 0, 0, 644, $all; print $n, $d, "\n" x ($all & 1) }' src/one.o src/$long.o src/three.o >lib/bsd.a
by_hand "BSD's archives" main.o lib/bsd.a

# ld.lld.
if have ld.lld clang; then
  "$pctab_link" --placeholder=place.o --like=main.o
  clang -fuse-ld=lld main.o lib/libone.a lib/libtwo.a place.o -Wl,-T,"$pctab_lld_ld" -Wl,--trace -o lldprog >trace 2>err
  ok $? 'ld.lld links' && decide lldprog inputs=trace exclude-object=$long.o exclude-archive=libone.a
  reasons_are "what ld.lld's --trace prints" main=- plain=- one=EXCLUDED two=EXCLUDED three=EXCLUDED _start=CRT
  succeeds 'pctab-link --inputs takes it' "$pctab_link" --inputs=trace lldprog
  is "$out" '' 'and says nothing'
  placed lldprog
  ok $? 'the table is in its place'
  if clang -fuse-ld=lld -static main.o lib/libone.a lib/libtwo.a -Wl,--trace -o lldprog >trace 2>err; then
    decide lldprog inputs=trace
    reasons_are 'a static program of ld.lld' main=- plain=- one=TLS two=- three=- malloc=LIBC printf=none abort=LIBC
    is "$(grep -cE ' (TLS|MALLOC|VFORK|STRIPPED)$' reasons)" 1 "of its $(wc -l <reasons) functions all are known"
  else
    skip 'a static program of ld.lld' "$(head -n 1 err)"
  fi
else
  skip "ld.lld" 'ld.lld or clang is not installed'
fi

# What is gone or changed since.
cp main.o gone.o && printf 'gone.o\n' >list && rm gone.o
fails 'an input that is gone' "list, line 1: can't open the input gone.o: No such file" "$printer" policy inputs=list prog
fails 'a list that is gone' "can't read the list of inputs none: No such file" "$printer" policy inputs=none prog
head -c 500 main.o >short.o
printf 'short.o\t0\t%s\n' "$(stat -c %s main.o)" >list
fails 'an input that is shorter now' 'short.o: is shorter than when the linker read it' "$printer" policy inputs=list prog
printf 'short.o\n' >list
fails 'a truncated object' 'short.o: a part of it lies outside the file; the object is truncated or damaged' "$printer" policy inputs=list prog
head -c 1000 lib/libone.a >short.a
printf 'short.a\n' >list
fails 'a truncated archive' 'short.a: no member at .*; the archive is truncated or damaged' "$printer" policy inputs=list prog
printf '!<arch>\n//                                              99999     `\nabc' >names.a
printf 'names.a\n' >list
fails 'an archive whose names lie outside' 'names.a: a table of this archive lies outside it' "$printer" policy inputs=list prog
"$CC" main.o lib/libone.a lib/libtwo.a -o prog "$flags" && cp prog kept
fails 'pctab-link: the same' "pctab-link: prog: none: |pctab-link: .*can't read the list of inputs none" "$pctab_link" --force --inputs=none prog
cmp prog kept
ok $? 'the file is as it was'

# Paths.
mkdir -p 'with space' && cp main.o 'with space/a	b.o'
"$CC" 'with space/a	b.o' lib/libone.a lib/libtwo.a -o prog $spy_flags
decide prog inputs=inputs 'exclude-object=a*b.o'
reasons_are 'a path with a space and a tab' main=EXCLUDED plain=EXCLUDED one=TLS
cp main.o 'two
lines.o'
succeeds 'a path of two lines' "$CC" 'two
lines.o' lib/libone.a lib/libtwo.a -o prog $spy_flags
decide prog inputs=inputs
reasons_are 'is unknown code' main=UNSEEN plain=UNSEEN one=TLS three=-

# Objects of more sections than 16 bits count.
seq 1 70000 | sed 's/.*/.section .text.f&,"ax",%progbits\n.globl f&\n.type f&,%function\nf&: .cfi_startproc\n nop\n .cfi_endproc\n.size f&, . - f&/' >many.s
printf '.section .text.last,"ax",%%progbits\n.globl last\n.type last,%%function\nlast: .cfi_startproc\n call __errno_location@PLT\n ret\n .cfi_endproc\n.size last, . - last\n.section .note.GNU-stack,"",%%progbits\n' >>many.s
printf 'extern int last (void);\nint main (void) { return last (); }\n' >user.c
if [ "$(uname -m)" = x86_64 ] && "$CC" -c many.s user.c 2>err; then
  "$CC" -no-pie many.o user.o -o many $spy_flags
  "$printer" policy inputs=inputs many >printed
  is "$(awk '$3 == "TLS" { print $4 }' printed | tr '\n' ' ')$(awk '$3 == "-"' printed | wc -l)" 'last 70001' 'an object of 70001 sections of code'
else
  skip 'an object of 70001 sections of code' 'the assembler does not take it'
fi

# Damage.
"$CC" -O1 -g -c main.c src/one.c src/three.c && "$CC" -Wl,-q main.o one.o three.o src/$long.o -o q
rm -f f.a t.a && ar rc f.a one.o three.o && ar rcT t.a src/$long.o && "$CC" main.o f.a t.a -o a
"$CC" -s main.o f.a t.a -o s
for what in 's 400 4 main.o f.a t.a' 'q 400 1 main.o one.o' 'a 800 2 main.o f.a t.a' "many 3 4 many.o"; do
  set -- $what
  [ -e "$1" ] || continue
  # shellcheck disable=SC2086
  succeeds "$2 mutations of $1 and what it is linked from: no broken promise" "$tap_build/t/fuzz/fuzz_policy" $what
  diag "$out"
done
done_testing
