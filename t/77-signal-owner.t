#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Owners of signals: when they are called, what they may answer, threads that change actions while signals come,
# handlers that are left by exceptions and pthread_exit().
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
# shellcheck source=SCRIPTDIR/lib/module.sh
. "$tap_src/t/lib/module.sh"
need timeout pkg-config

data=$tap_src/t/data/signal
ours="-D_GNU_SOURCE -pthread -Wno-unused-result -fvisibility=hidden -I$tap_src/runtime $tap_src/runtime/signal.c
  $tap_src/runtime/signal_default.c $tap_src/runtime/signal_wrap.c"

# runs NAME PROGRAM COMPILER...
runs () {
  local name=$1 program=$2
  shift 2
  # shellcheck disable=SC2086
  succeeds "$name: $program compiles" "$@" -O1 "$data/$program.c" $ours -o "$program-$name" || return
  run timeout 60 "./$program-$name"
  is "$status" 0 "$name: $program: $out"
}
m32="$CC -m32 -idirafter /usr/include/x86_64-linux-gnu"
for program in owner threads; do
  runs dynamic $program "$CC"
  runs static $program "$CC" -static
  # shellcheck disable=SC2086
  if printf '#include <stdlib.h>\n' | $m32 -x c -c -o /dev/null - 2>/dev/null; then
    runs m32 $program $m32
  else
    skip "32 bits: $program" 'gcc -m32 is missing'
  fi
done

if have g++; then
  built_library
  for flag in '' -static; do
    # shellcheck disable=SC2086
    g++ -O1 -pthread -fnon-call-exceptions $flag "$data/leave.cc" -o plain &&
      g++ -O1 -pthread -fnon-call-exceptions -DOURS $flag $include "$data/leave.cc" -o ours $([ -n "$flag" ] && echo $archive || echo $library)
    ok $? "leave $flag: compiles"
    run timeout 20 ./plain
    plain="$status $out"
    run timeout 20 ./ours
    is "$status $out" "$plain" "leave $flag: exceptions and pthread_exit() in handlers: as without us"
    like "$plain" 'caught 42, 3 destroyed' "leave $flag: they are caught"
  done
else
  skip 'exceptions' 'g++ is not installed'
fi
done_testing
