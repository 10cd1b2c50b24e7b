#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# kill -9 while records go from the file: it is finished, or unfinished; and what is left can be finished with all its
# records or not at all.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
need as objcopy
[ "$(uname -m)" = x86_64 ] || skip_all 'the cases are amd64 assembly'
[ -z "${SANITIZE:-}" ] && "$CC" -shared -fPIC -O1 -w "$tap_src/t/lib/kill_at.c" -o kill_at.so \
  || skip_all 'nothing can be preloaded into a sanitized build'
cat >marks.s <<'X'
	.include "records.inc"
	.text
	function work
	.cfi_startproc
	nop
.Lm:	nop
	nop
.Lend:	mov $42,%eax
	ret
	.cfi_endproc
	.size work,.-work
	mark .Lm .Lend -3
	.pushsection .pcdata,"o?","progbits",work
a_label:
	.popsection
	.section .note.GNU-stack,"",%progbits
X
as --64 -I "$tap_src/t/data/section" -o marks.o marks.s
printf '#include <stdio.h>\nint work (void);\nint main (void) { printf ("%%d\\n", work ()); return 0; }\n' >main.c
head -c 3000000 /dev/urandom >junk
for reserve in 20000 16; do
  "$CC" -g main.c marks.o -o from.$reserve $flags,-plugin-opt=link=/bin/true,-plugin-opt=reserve=$reserve
  objcopy --add-section .junk=junk from.$reserve
done
pc=$(printf 0x%x $((0x$(nm from.20000 | sed -n 's/^0*\([0-9a-f]*\) T work$/\1/p') + 2)))

# marked FILE: its table has the mark and it no records.
marked () {
  "$pctab_dump" --lookup "$1" "$pc" | grep -q '"unsafe_point":{"value":-3' && ! readelf -SW "$1" | grep -q '\.pcdata'
}

# step NAME FILE
step () {
  local name=$1 from=$2 half n killed=0 finished=0 again=0 refused=0 bad=0
  for half in '' 1; do
    for n in $(seq 1 200); do
      rm -f work*
      cp "$from" work
      sh -c 'env "$@" work; exit $?' sh ${half:+KILL_HALF=1} KILL_AT="$n" LD_PRELOAD="$PWD/kill_at.so" "$pctab_link" 2>/dev/null
      [ $? = 137 ] || break
      killed=$((killed + 1))
      [ "$(./work)" = 42 ] || bad=$((bad + 1))
      if placed work finished >/dev/null; then
        finished=$((finished + 1))
        marked work || bad=$((bad + 1))
      elif ! placed work unfinished >/dev/null; then
        bad=$((bad + 1))
      elif "$pctab_link" work 2>err; then
        again=$((again + 1))
        marked work && placed work || bad=$((bad + 1))
      else
        grep -Eq 'half done|where its header says|bytes behind its last section' err || { bad=$((bad + 1)); diag "$(cat err)"; }
        refused=$((refused + 1))
      fi
    done
    placed work && marked work || bad=$((bad + 1))
  done
  [ $bad = 0 ] && [ $killed -ge 10 ]
  ok $? "$name: killed at each of $killed calls: $finished finished, $again finished by another run, $refused refused, $bad bad"
}
step 'filled in place' from.20000
step 'written anew' from.16
done_testing
