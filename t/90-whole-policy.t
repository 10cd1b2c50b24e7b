#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The policy from the compiler to pctab-dump: marks in the source, options of the plugin, and what the table says of each
# function; every linked file is verified.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
verify=$tap_build/verify/pctab-verify
[ -x "$verify" ] || skip_all "verify/pctab-verify is not built in $tap_build"
cat >a.c <<'X'
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include "pctab/mark.h"
#define FUNC __attribute__ ((noinline, noclone))
__thread int t;
int volatile sink;
PCTAB_NOPREEMPT int declared (int v) { return v + 1; }
PCTAB_PREEMPT int allowed (void) { return t; }
PCTAB_PREEMPT int allowed_vfork (void) { int pid = vfork (); if (!pid) _exit (0); return pid; }
PCTAB_UNSAFE_FUNCTION int unsafe (int v) { return v * 5; }
FUNC int uses (void) { return t; }
FUNC int plain (int v) { return v * 3; }
FUNC int marked (int v) { PCTAB_UNSAFE_ASM ("nop", :); return v; }
static inline __attribute__ ((always_inline)) int copied (int v) { sink = v; sink = v + 1; return sink; }
FUNC int caller (int v) { sink = 9; v = copied (v); sink = 8; return v; }
int main (int argc, char **argv)
{
  (void) argv;
  return declared (argc) + allowed () + allowed_vfork () + unsafe (argc) + uses () + plain (argc) + marked (argc) + caller (argc);
}
X
# refused NAME: the text why, "no" if it is preemptible.
refused () {
  "$pctab_dump" --functions prog >functions || return
  sed -n "s/^0x[^ ]*  $1  .*not preemptible: //p; t
          s/^0x[^ ]*  $1  .*/no/p" functions
}
declared='its author says so' tls='it uses thread-local data' option='an option excludes it'
unmarked='it has no mark, and preempt=marked was given' none='preempt=none was given'
# link OPTIONS: links, verifies.
link () {
  succeeds "$cc${1:+ $1}: links" "$cc" a.o -o prog "$flags$(printf '%s' "${1:+ $1}" | sed 's/ /,-plugin-opt=/g')"
  succeeds "$cc${1:+ $1}: pctab-verify finds nothing" "$verify" -q prog
}
# says NAME WANT
says () {
  is "$(refused "$1")" "$2" "$cc: $1: $2"
}
for cc in gcc clang; do
  have $cc || { skip "$cc" "$cc is not installed"; continue; }
  $cc -g -O2 -w -I"$tap_src/include" -c a.c || { ok 1 "$cc compiles"; continue; }
  link ''
  says declared "$declared"
  says allowed no
  says allowed_vfork no
  says unsafe no
  says uses "$tls"
  says plain no
  says marked no
  says main no
  says _start 'it is of a start-up file'
  link preempt=marked
  says declared "$declared"
  says allowed no
  says marked no
  says unsafe no
  says plain "$unmarked"
  says uses "$unmarked"
  link preempt=none
  for name in declared allowed marked plain uses _start; do
    says $name "$none"
  done
  link 'exclude=allowed exclude=plain'
  says allowed "$option"
  says plain "$option"
  says allowed_vfork no
  says declared "$declared"
  link tls=allow
  says uses no
  says declared "$declared"
  link 'exclude=copied'
  says caller no
  at=$(nm prog | sed -n 's/ [tT] caller$//p')
  # shellcheck disable=SC2046
  "$pctab_dump" --lookup prog $(for i in $(seq 0 40); do printf '0x%x ' $((0x$at + i)); done) >lines
  like "$(grep '"caller"' lines | grep -o '"unsafe_point":{"value":-[0-9]*' | sort | uniq -c | tr -s ' \n' ' ')" \
    '"value":-1 .*"value":-2' "$cc: caller: unsafe in its copy, safe around it"
done
run "$pctab_dump" --stats prog
like "$out" 'not preemptible +[0-9]+ +functions' '--stats counts them'
done_testing
