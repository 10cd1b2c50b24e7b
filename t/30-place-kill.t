#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# kill -9 at any moment of finishing leaves a whole file: finished, or the linker's own with an unfinished table.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
cat >a.c <<'X'
#include <stdio.h>
int main (void) { puts ("runs"); return 0; }
X
"$CC" -g a.c -o small $flags,-plugin-opt=link=/bin/true,-plugin-opt=reserve=2000000
head -c 20000000 /dev/urandom >junk
objcopy --add-section .junk=junk small fresh
"$CC" -g a.c -o small $flags,-plugin-opt=link=/bin/true,-plugin-opt=reserve=16
objcopy --add-section .junk=junk small fresh2
placed fresh unfinished && placed fresh2 unfinished
ok $? 'the linker leaves a whole file with an unfinished table when the finisher does nothing'

for file in fresh fresh2; do
  fails "pctab-dump refuses it: $file" "$file: .*unfinished" "$pctab_dump" $file
  fails "pctab-dump --lookup refuses it: $file" "$file: .*unfinished" "$pctab_dump" --lookup $file 0x1000
done

cat >kill.pl <<'X'
use strict; use warnings; use Time::HiRes qw(usleep);
my ($delay, @command) = @ARGV;
my $pid = fork;
if (!$pid) { open STDERR, '>', '/dev/null'; exec @command or exit 127 }
usleep $delay;
kill 9, $pid;
waitpid $pid, 0;
print $?, "\n";
X

# loop NAME FILE STEP-US
loop () {
  local name=$1 from=$2 step=$3 killed=0 finished=0 unfinished=0 bad=0 i left=0
  for i in $(seq 0 59); do
    rm -f work*
    cp "$from" work
    case $(perl kill.pl $((i * step)) "$pctab_link" work) in
    9) killed=$((killed + 1)) ;;
    esac
    if placed work finished; then
      finished=$((finished + 1))
    elif placed work unfinished; then
      unfinished=$((unfinished + 1))
      cmp -s work "$from" || part=$((part + 1))
    else
      bad=$((bad + 1))
    fi >/dev/null
    [ "$(./work)" = runs ] || bad=$((bad + 1))
    set -- work*
    [ $# = 1 ] || left=$((left + 1))
  done
  [ $bad = 0 ] && [ $killed -gt 0 ] && [ $unfinished -gt 0 ]
  ok $? "$name: 60 delays, $killed killed: $finished finished, $unfinished unfinished ($part of them half filled), $bad bad"
  [ $left = 0 ] && return
  diag "$left times a new file was left beside it (no O_TMPFILE here, or killed between naming and renaming)"
}

part=0
loop 'filled in place' fresh 150
part=0
loop 'written anew' fresh2 1000

# Each call that changes a file, one after the other; and each write done by half.
# step NAME FILE
step () {
  local name=$1 from=$2 half n killed=0 finished=0 unfinished=0 bad=0 left=0
  for half in '' 1; do
    for n in $(seq 1 200); do
      rm -f work*
      cp "$from" work
      sh -c 'env "$@" work; exit $?' sh ${half:+KILL_HALF=1} KILL_AT="$n" LD_PRELOAD="$PWD/kill_at.so" "$pctab_link" 2>/dev/null
      [ $? = 137 ] || break
      killed=$((killed + 1))
      if placed work finished; then
        finished=$((finished + 1))
      elif placed work unfinished; then
        unfinished=$((unfinished + 1))
      else
        bad=$((bad + 1))
      fi >/dev/null
      [ "$(./work)" = runs ] || bad=$((bad + 1))
      set -- work*
      left=$((left + $# - 1))
    done
    [ "$n" -lt 200 ] && placed work || bad=$((bad + 1))
  done
  [ $bad = 0 ] && [ $killed -ge "$steps" ] && [ $unfinished -ge "$steps" ]
  ok $? "$name: killed at each of $killed calls: $finished finished, $unfinished unfinished, $bad bad"
  diag "$left new files were left beside it"
}

if [ -n "${SANITIZE:-}" ] || ! "$CC" -shared -fPIC -O1 -w "$tap_src/t/lib/kill_at.c" -o kill_at.so; then
  skip 'killed at each call' 'nothing can be preloaded into a sanitized build'
else
  steps=5
  step 'filled in place' fresh
  step 'written anew' fresh2
fi

# The program that is killed under the plugin's eyes: one message, no output.
cat >suicide <<'X'
#!/bin/sh
kill -9 $$
X
chmod +x suicide
rm -f prog
fails 'ld says so when its finisher is killed' 'suicide was killed by signal 9 .*prog removed' \
  "$CC" a.c -o prog $flags,-plugin-opt=link=$PWD/suicide
[ ! -e prog ]
ok $? 'and leaves no output'

# ld killed while it waits: before the finisher begins, behind it, and both at once.  The object is ours: gcc would remove
# its own as soon as ld is dead, and the finisher reads the inputs.
run "$CC" -c a.c -o a.o
# waits NAME LINES STATE
waits () {
  printf '#!/bin/sh\n%s\n' "$2" >murder
  chmod +x murder
  rm -f prog over
  run "$CC" a.o -o prog $flags,-plugin-opt=link=$PWD/murder
  for _ in $(seq 100); do [ ! -e over ] || break; sleep 0.05; done
  [ "$status" != 0 ] && [ -e over ] && placed prog "$3" && [ "$(./prog)" = runs ]
  ok $? "ld killed $1: exit $status, a whole file, $3"
}
waits 'before the finisher begins' "kill -9 \$PPID; $pctab_link \"\$@\"; : >over" finished
waits 'when the finisher is done' "$pctab_link \"\$@\"; kill -9 \$PPID; : >over" finished
# shellcheck disable=SC2016
waits 'together with the finisher' ': >over; kill -9 $PPID; kill -9 $$' unfinished

succeeds 'a signal that is ignored by the parent: SIGCHLD' sh -c "trap '' CHLD; exec $CC a.c -o prog $flags"
placed prog
ok $? 'and the table is there'
done_testing
