#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Names and lines are the same through a buffer that keeps all, through one that must forget, and through 4 KiB: at every
# few bytes of C with many inlined calls and long functions, of names of up to 9 KiB, of a static program, of other machines.
# A name that has no room in 4 KiB is left out, its file and line are not.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
check=$tap_build/t/tool/cold_check
[ -x "$check" ] || skip_all "t/tool/cold_check is not built"
need perl

perl -e '
  print "static inline int g (int v) { return v * 3 + 1; }\nstatic inline int h (int v) { return v > 5 ? g (v) : g (v + 9) ^ 2; }\n",
    "static inline int f (int v) { return v & 1 ? h (v + 7) : g (v) - 1; }\nint table[64];\n";
  for my $k (1 .. 40) { print "int few$k (int v) {\n"; print "  if (f (v) == $_ * $k) table[$_] += h (v);\n" for 1 .. 5; print "  return v; }\n" }
  print "int big (int v) {\n";
  print "  v = f (v) ^ $_; if (v == $_$_) table[", $_ % 64, "] += g (v);\n" for 1 .. 900;
  print "  return v; }\nint main (int argc, char **argv) { (void) argv; return big (argc) + few7 (argc); }\n"' >a.c
perl -e '
  for my $k (1 .. 40) {
    my $name = join "_", map { sprintf "%x", $_ * 2654435761 % 4294967296 } $k .. $k * 26;
    print "int f$k (int v) __asm__ (\"n$name\");\n__attribute__ ((noinline)) int f$k (int v) { return v * $k + 1; }\n";
  }
  print "int main (int argc, char **argv) { (void) argv; return f9 (argc); }\n"' >b.c

# same NAME COMPILER STEP ARGUMENT...
same () {
  local name=$1 compiler=$2 step=$3
  shift 3
  if ! have "$compiler"; then
    skip "$name" "$compiler is not installed"
    return
  fi
  run "$compiler" -O2 -g "$@" -o "$name" $flags
  is "$status" 0 "$name: links"
  run "$check" "$name" "$step"
  ok "$status" "$name: the same everywhere"
  diag "$out"
}
same c "$CC" 3 a.c
same names "$CC" 1 b.c
[ "$("$check" names 1 | sed -n 's/.*frames; \([0-9]*\) answers had.*/\1/p')" -gt 0 ]
ok $? 'there are names that have no room'
same static "$CC" 31 -static a.c
same arm64 aarch64-linux-gnu-gcc 8 a.c
same i386 i686-linux-gnu-gcc 7 a.c
done_testing
