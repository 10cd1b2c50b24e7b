#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Damaged tables and files, 10,000 of each: what keeps its digest is refused, what gets a new one answers within bounds
# or is refused, and pctab-dump prints it or says why not; a table that is overwritten after it was opened gives wrong
# answers at most.  In a build with sanitizers they see more.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
need perl
cnt=${FUZZ_CASES:-10000}
for driver in fuzz_table fuzz_dump fuzz_overwrite; do
  [ -x "$tap_build/t/fuzz/$driver" ] || skip_all "$driver is not built"
done

# A program whose table has every part: inlined calls, lines in chunks, a long function in blocks, code without frames,
# marks.
perl -e '
  print "#include <stdio.h>\nstatic inline int g (int v) { return v * 3 + 1; }\n",
    "static inline int f (int v) { return v & 1 ? g (v + 7) : g (v) - 1; }\nint table[64];\nint big (int v) {\n";
  print "  v = f (v) ^ $_; if (v == $_$_) table[", $_ % 64, "] += g (v);\n" for 1 .. 400;
  print "  return v; }\nint main (int argc, char **argv) { (void) argv; printf (\"%d\\n\", big (argc) + f (argc)); return 0; }\n"' >a.c
perl -e '
  print "#if defined __LP64__\n#define WORD .8byte\n#define WORD_LEN 8\n#else\n#define WORD .4byte\n#define WORD_LEN 4\n",
    "#endif\n .text\n .globl long_function\n .type long_function, %function\nlong_function:\n.Llong:\n .cfi_startproc\n";
  for (1 .. 300) { print " .skip ", 4 * (1 + $_ % 3), ", 0\n .cfi_def_cfa_offset ", 160 + 8 * ($_ * 7 % 40), "\n" }
  print " .skip 70000, 0\n.Llong_end:\n .cfi_endproc\n .size long_function, .-long_function\n";
  for (1 .. 40) {
    print " .globl marked$_\n .type marked$_, %function\nmarked$_:\n.Lmarked$_:\n .cfi_startproc\n .skip 48, 0\n",
      " .cfi_endproc\n .size marked$_, 48\n";
  }
  print " .globl bare\n .type bare, %function\nbare: .skip 16, 0\n .size bare, .-bare\n",
    " .section .pcdata,\"o\",%progbits,.Llong\n";
  # Records of OBJECT-FORMAT: flags, names, restart and unsafe ranges, values of one to four bytes, few and many.
  sub record { my ($kind, $at, @words) = @_;
    print " .byte 1, $kind, WORD_LEN, 0\n .4byte ", 8 + 4 * @words, " + WORD_LEN\n WORD $at\n";
    print /^\.a/ ? " $_\n" : " .4byte $_\n" for @words; }
  record (4, ".Llong", ".Llong_end - .Llong", 9);
  record (1, ".Llong", 3, map { (40 + 4 * ($_ % 2), $_ * 77777) } 1 .. 1000);
  record (5, ".Llong", 3, ".asciz \"abc\"");
  for (1 .. 40) {
    record (4, ".Lmarked$_", 48, $_ % 16);
    record (2, ".Lmarked$_ + 8", 16, $_ % 3 ? -3 : -2);
    record (2, ".Lmarked$_ + 24", 20, $_ % 2 ? -3 : -5);
    record (1, ".Lmarked$_", 1, 4, $_ * 10, 4, $_);
  }
  print " .section .note.GNU-stack,\"\",%progbits\n"' >b.S

# fuzz NAME COMPILER
fuzz () {
  local name=$1 driver
  if ! have "$2"; then
    skip "$name" "$2 is not installed"
    return
  fi
  "$2" -O2 -g a.c b.S -o "$name" $flags && placed "$name"
  ok $? "$name: a program with every part"
  for driver in fuzz_table fuzz_dump; do
    run "$tap_build/t/fuzz/$driver" "$name" "$cnt" 1
    ok "$status" "$name: $driver"
    diag "$(printf '%s\n' "$out" | tail -n 20)"
  done
  run "$tap_build/t/fuzz/fuzz_overwrite" "$name" $((cnt / 5)) 1
  if [ "$status" = 77 ]; then
    skip "$name: fuzz_overwrite" 'its tables are not of this machine'"'"'s byte order'
  else
    ok "$status" "$name: fuzz_overwrite"
  fi
  diag "$(printf '%s\n' "$out" | tail -n 20)"
}
fuzz native "$CC"
fuzz big-endian s390x-linux-gnu-gcc
fuzz narrow i686-linux-gnu-gcc
done_testing
