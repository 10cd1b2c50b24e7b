#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Single-stepped programs: at every instruction the whole chain of PCs is that of the true stack, which the stepper
# knows by watching calls and returns, or ends before with a reason; now and then elfutils' dwfl is asked too.
#   ORACLE_STEPS=300000 t/70-unwind-oracle.t    so many of lua and of the C++ program, not 15,000
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
oracle=$tap_build/t/tool/step_oracle
[ -x "$oracle" ] || skip_all 't/tool/step_oracle is not built'
[ "$(uname -m)" = x86_64 ] || skip_all 'the stepper knows x86 only'
steps=${ORACLE_STEPS:-15000}

# check WHAT LEAST ARGUMENT... : steps, with at least LEAST per cent of the chains whole.
check () {
  local what=$1 least=$2
  shift 2
  "$oracle" "$@" >out 2>err
  local status=$? line
  line=$(head -n 1 out)
  if [ $status = 2 ] && grep -q 'can.t be started\|step' err; then
    skip "$what" "ptrace is not allowed here: $(tail -n 1 err)"
    return
  fi
  [ $status = 0 ] && awk -v least="$least" 'NR == 1 { exit !($4 > 4000 && $6 * 100 >= $4 * least && $10 == 0) }' out
  ok $? "$what: $line"
  diag "$(tail -n +2 out)"
  [ $status = 0 ] || diag "$(grep -v 'as in the file' err | head -n 30)"
}

address_of () {
  echo "0x$(nm prog | sed -n "s/ T $1\$//p")"
}

# odd LEAST FLAG...
odd () {
  local least=$1
  shift
  "$CC" "$@" -w -static -no-pie "$tap_src/t/data/unwind/odd.c" -o prog $flags 2>err || {
    skip "odd frames, $*" "it does not link: $(head -n 1 err)"
    return
  }
  check "odd frames, $*" "$least" -b "$(address_of main)" -d 100 ./prog
}
for fp in -fomit-frame-pointer -fno-omit-frame-pointer; do
  for level in -O0 -O1 -O2 -O3 -Os; do
    odd 97 $level $fp
  done
done
odd 97 -O2 -fno-asynchronous-unwind-tables -funwind-tables -fcf-protection=none
if have clang; then
  CC=clang odd 97 -O2
  CC=clang odd 97 -O0
fi
# Of i386's chains more end early: the vDSO has no table here.
for level in -O0 -O2 '-O2 -fno-omit-frame-pointer'; do
  # shellcheck disable=SC2086
  odd 80 -m32 $level
done

# A static program's beginning: relocations, the choice of functions by processor.
"$CC" -O2 -w -static -no-pie "$tap_src/t/data/unwind/odd.c" -o prog $flags
check 'from the first instruction on' 99 -n 10000 -d 1000 ./prog

if have g++; then
  g++ -O2 -static -no-pie "$tap_src/t/data/unwind/throw.cc" -o prog $flags
  check 'C++ exceptions, from the first landing pad on' 99 -b "$(address_of _Unwind_Resume)" -n "$steps" -d 1000 ./prog
else
  skip 'C++ exceptions' 'g++ is not installed'
fi

corpus=${PCTAB_CORPUS:-$tap_build/t/corpus}
cat >work.lua <<'LUA'
local function fib (n) if n < 2 then return n end return fib (n - 1) + fib (n - 2) end
local t = {}
for i = 1, 50 do t[i] = i * 7919 % 101 end
table.sort (t, function (a, b) return a < b end)
local co = coroutine.wrap (function () for i = 1, 3 do coroutine.yield (i) end end)
print (fib (5), co (), co (), t[1], string.format ("%5.2f %s", 3.14159, "x"), (string.rep ("ab", 10):gsub ("b", "c")))
print (pcall (function () error ({}) end))
LUA
run sh "$tap_src/t/corpus/build.sh" "$corpus" lua
if [ "$status" = 0 ] && OUT=$tmp/prog sh "$corpus/lua/link.sh" -static -no-pie $flags >log 2>&1; then
  check 'lua' 99 -b "$(address_of main)" -n "$steps" -s 1000 -d 1000 ./prog work.lua
else
  skip 'lua' "it is not in the corpus: $(printf '%s\n' "$out" | tail -n 1)"
fi
done_testing
