#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A program that crashes says where, with lines and inlined calls, and dies as without us (wait status and core flag of
# the same program without a crash handler): every signal and every way to crash; dynamic, static, static-pie, stripped,
# C++, 32 bits.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
# shellcheck source=SCRIPTDIR/lib/module.sh
. "$tap_src/t/lib/module.sh"
# shellcheck source=SCRIPTDIR/lib/crash.sh
. "$tap_src/t/lib/crash.sh"
need pkg-config awk
built_library
"$CC" -O1 "$crash_src/status.c" -o status || exit 99
compile="-O2 -g -pthread -Wno-unused-result"

at='0x[0-9a-f]+ '
fault="^#0 ${at}[^ ]*poke[^ ]* \\(inlined\\) in .*crash\\.c:@poke@\$|^#0 ${at}[^ ]*poke_twice[^ ]* \\(inlined\\) in .*crash\\.c:@poke_twice@\$|^#0 ${at}[^ ]*fault[^ ]*\\+0x[0-9a-f]+ in .*crash\\.c:@fault@\$"
IFS='|' read -r fault1 fault2 fault3 <<<"$fault"

# mode PROGRAM NAME ARG PATTERN...: what it says, and that it ends as it does without us.
mode () {
  local program=$1 name=$2 arg=$3
  shift 3
  if [ -z "${as_plain[$arg]+1}" ]; then
    crash 20 ./plain "$arg"
    as_plain[$arg]=$ended
  fi
  crash 20 "./$program" "$arg"
  is "$ended" "${as_plain[$arg]}" "$name: $arg: ends as without us: ${as_plain[$arg]}"
  if [ $# = 0 ]; then
    silent "$name: $arg: nothing is said"
  else
    reports "$name: $arg: says where" "$@"
  fi
}

# all PROGRAM NAME: each way to crash.
all () {
  local p=$1 n=$2 main="${at}main\\+0x[0-9a-f]+ in .*crash\\.c:@main@\$" do_it="${at}[^ ]*do_it[^ ]*\\+0x[0-9a-f]+ in .*crash\\.c:"
  mode "$p" "$n" segv '^SIGSEGV: nothing is mapped there, address 0x0; process [0-9]+, thread [0-9]+ ' "$fault1" "$fault2" "$fault3" \
    "^#1 $do_it" "^#2 $main"
  mode "$p" "$n" bus '^SIGBUS: there is no memory behind' "^#0 ${at}[^ ]*poke[^ ]* \\(inlined\\) in .*crash\\.c:@poke@\$" \
    "^#0 ${at}[^ ]*past_end[^ ]*\\+0x[0-9a-f]+ in .*crash\\.c:@bus@\$" "$main"
  mode "$p" "$n" fpe '^SIGFPE: an integer was divided by zero' "^#0 ${at}[^ ]*divide[^ ]*\\+0x[0-9a-f]+ in .*crash\\.c:@divide@\$" "$main"
  mode "$p" "$n" ill '^SIGILL: an illegal op' "^#0 ${do_it}@ill@\$" "$main"
  mode "$p" "$n" abort '^SIGABRT: sent by raise\(\), abort\(\)' "${do_it}@abort@\$" "$main"
  mode "$p" "$n" assert "Assertion .*one' failed" '^SIGABRT: ' "${do_it}@assert@\$" "$main"
  mode "$p" "$n" raise '^SIGSEGV: sent by raise\(\)' "$do_it" "$main"
  mode "$p" "$n" kill '^SIGBUS: sent by kill\(\), by process' "$do_it" "$main"
  mode "$p" "$n" call '^SIGSEGV: nothing is mapped there, address 0x0' '^#0 0x0 \?\? in no known module$' "^#1 ${do_it}@call@\$" "^#2 $main"
  mode "$p" "$n" wild '^SIGSEGV: ' '^#0 0x123456 \?\?' "^#1 ${do_it}@wild@\$" "^#2 $main"
  mode "$p" "$n" data '^SIGSEGV: what is mapped there may not be accessed so' '^#0 0x[0-9a-f]+ \?\? in no known module$' \
    "^#1 ${do_it}@data@\$" "^#2 $main"
  mode "$p" "$n" deep '^SIGSEGV: ' "$fault3" "^#2 .*recurse.*crash\\.c:@recurse@\$" '^   [0-9]+ frames are left out$' "^#20[0-9]+ $main"
  mode "$p" "$n" overflow '^SIGSEGV: ' '^the stack has overflown$' '^#0 .*recurse' '^   [0-9][0-9][0-9][0-9]+ frames are left out$' "$main"
  mode "$p" "$n" 'overflow thread' '^SIGSEGV: ' '^the stack has overflown$' '^#0 .*recurse' '^   [0-9][0-9][0-9][0-9]+ frames are left out$' \
    "${at}[^ ]*in_thread"
  mode "$p" "$n" thread '^SIGSEGV: ' "$fault3" "^#1 ${at}[^ ]*in_thread.* in .*crash\\.c:@in_thread@\$"
  mode "$p" "$n" threads '^SIGSEGV: ' "$fault3" "^#1 ${at}[^ ]*together"
  is "$(printf '%s\n' "$said" | grep -c '^SIGSEGV')" 1 "$n: of many threads that crash together one is reported"
  mode "$p" "$n" heap '^SIG(ABRT|SEGV)' "$do_it" "$main"
  mode "$p" "$n" stack '^SIGSEGV' "$fault3" '^   the walk ended at 0x[0-9a-f]+: '
  mode "$p" "$n" handler '^SIGSEGV' "$fault3" "crash_in_handler[^ ]*\\+0x[0-9a-f]+ in .*crash\\.c:@in_handler@\$" \
    "return from a signal handler" "$do_it" "$main"
  mode "$p" "$n" mend
  mode "$p" "$n" jump
  mode "$p" "$n" ignored
  mode "$p" "$n" once '^SIGSEGV' "$fault3" "$main"
  mode "$p" "$n" fork '^SIGSEGV' "$fault3" "$main"
  mode "$p" "$n" nested '^SIGSEGV in the crash handler itself, address 0x0: the rest is left out$'
  crash 20 "./$p" 'nested always'
  is "${ended% core}" 'signal 11' "$n: nested always: ends"
}

# build PROGRAM COMPILER FLAGS...: and every way to crash
build () {
  local out=$1
  shift
  # shellcheck disable=SC2086
  succeeds "$out: builds" "$@" $compile $include -o "$out"
}
# A file without a table, where none is made in memory: which file, where in it, and why there is no more.
no_table () {
  cat >none.c <<'X'
#include <pctab/crash.h>
int
main (void)
{
  pctab_crash_handler_install (&(struct pctab_crash_options){ .no_import = true });
  *(volatile int *) 0 = 1;
  return 0;
}
X
  build none "$CC" none.c $library
  crash 20 ./none
  reports 'a file without a table is named' '^SIGSEGV: ' \
    '^#0 0x[0-9a-f]+ \?\? in /.*/none\+0x[0-9a-f]+: the file has no module table$' '^   the walk ended at 0x'
}

declare -A as_plain
source=$crash_src/crash.c
# shellcheck disable=SC2086
{
  no_table
  build plain "$CC" -DPLAIN "$source" $library
  [ -x plain ] || done_testing
  build dynamic "$CC" "$source" $library $flags && all dynamic dynamic
  build static "$CC" -static "$source" $archive $flags && all static static
  build static-pie "$CC" -static-pie "$source" $archive $flags && all static-pie static-pie
  cp dynamic stripped && strip stripped && all stripped stripped
  if have g++; then
    build cxx g++ -x c++ "$source" -x none $library $flags && all cxx 'C++'
  else
    skip 'C++' 'g++ is not installed'
  fi
  m32="$CC -m32 -idirafter /usr/include/x86_64-linux-gnu"
  if printf '#include <stdlib.h>\n' | $m32 -x c -c -o /dev/null - 2>/dev/null && library_for lib32 $m32; then
    build m32 $m32 "$source" lib32/libpctab.a $flags && all m32 '32 bits'
  else
    skip '32 bits' 'gcc -m32 is missing'
  fi
}
done_testing
