#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Every symbol, the linker's own (_end, end, _edata, __bss_start, ...) among them, lies at the same offset of the same
# section with the table as without.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
cat >a.c <<'X'
extern char _end[], end[], _edata[], edata[], __bss_start[], _etext[], etext[], __data_start[];
extern char __executable_start[], __ehdr_start[] __attribute__ ((visibility ("hidden")));
char *all[] = { _end, end, _edata, edata, __bss_start, _etext, etext, __data_start, __executable_start, __ehdr_start };
char zeros[5000];
int main (void) { return zeros[7] + (all[0] != all[1]) + (all[2] != all[3]); }
X
cat >b.c <<'X'
extern char _end[] __attribute__ ((visibility ("hidden"))), _edata[] __attribute__ ((visibility ("hidden")));
char *limits (int n) { return n ? _end : _edata; }
char zeros[100];
X

# same NAME ARGUMENTS...
same () {
  local name=$1 cnt
  shift
  "$CC" -g "$@" -o plain && "$CC" -g "$@" -o prog $flags || { ok 1 "$name: links"; return; }
  symbols_of plain | grep -Ev '^__pctab_|^ ' | sort >want
  symbols_of prog | grep -Ev '^__pctab_|^ ' | sort >got
  cnt=$(wc -l <want)
  [ "$cnt" -gt 15 ] && cmp -s want got
  ok $? "$name: $cnt symbols are where they were"
  diff want got | head -20 | sed 's/^/# /'
  nm plain | sed -n 's/.* \(. _\{0,1\}end\)$/\1/p' | sort >want
  nm prog | sed -n 's/.* \(. _\{0,1\}end\)$/\1/p' | sort >got
  cmp -s want got
  ok $? "$name: nm shows _end and end as symbols of the same kind ($(tr '\n' ' ' <want))"
  [ "$(symbols_of prog | grep -c '^__pctab_start ')" = 1 ] && symbols_of prog | grep -q '^__pctab_start .* .pctab+0$'
  ok $? "$name: __pctab_start is the table's start"
}

same default a.c
same no-pie -no-pie a.c
same static -static a.c
same static-pie -static-pie -fPIE a.c
same shared -shared -fPIC b.c
same gc-sections -Wl,--gc-sections a.c
same norelro -Wl,-z,norelro a.c
same noseparate-code -Wl,-z,noseparate-code a.c
cat >big.c <<'X'
char large[200000];
char *at (void) { return large; }
X
same medium -mcmodel=medium -mlarge-data-threshold=1000 -no-pie a.c big.c
done_testing
