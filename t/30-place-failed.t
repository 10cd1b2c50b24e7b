#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A failed link stays a failed link: the linker's own messages and exit status, no word of ours, no output; an older
# output of the same name is not touched by the finisher.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
echo 'int f (void); int main (void) { return f (); }' >undefined.c
echo 'int main (void) { return 0; }' >good.c
"$CC" -g -c undefined.c good.c
printf 'broken' >broken.o

# failing NAME ARGUMENTS...: the same messages, but for the names of temporary files, and status as without the plugin.
failing () {
  local name=$1 want_status
  shift
  rm -f prog
  LC_ALL=C "$CC" "$@" -o prog >want 2>&1
  want_status=$?
  rm -f prog
  LC_ALL=C "$CC" "$@" -o prog $flags >got 2>&1
  got_status=$?
  sed -i 's:/tmp/cc[A-Za-z0-9]*:/tmp/cc:g' want got
  [ $got_status = "$want_status" ] && [ "$want_status" != 0 ] && [ ! -e prog ] && cmp -s want got
  ok $? "$name: status $want_status, $(wc -l <want) lines as without the table, no output"
  diff want got | sed 's/^/# /'
}

failing 'an undefined symbol' undefined.o
failing 'a missing library' good.o -lno_such_library
failing 'a missing object' good.o no_such_object.o
failing 'a broken object' good.o broken.o
failing 'two definitions' good.o good.o
failing 'an unknown option' good.o -Wl,--no-such-option
failing 'an overflowing region' good.o -Wl,--defsym=x=y
failing 'a warning made fatal' good.o -Wl,--fatal-warnings -Wl,-z,no_such_keyword
failing 'an LTO failure' -flto undefined.c
failing 'an unwritable output' good.o -Wl,-o,/nonexistent/prog

"$CC" good.o -o prog $flags && cp -p prog before
"$CC" undefined.o -o prog $flags >/dev/null 2>&1
[ $? != 0 ] && [ ! -e prog ]
ok $? 'over an older output: nothing is left of it, as ld has it'
"$CC" good.o -o prog $flags
"$CC" good.o -o prog -Wl,--no-such-option $flags >/dev/null 2>&1
[ $? != 0 ] && cmp prog before
ok $? 'ld stops before it opens the output: the older one is untouched'
succeeds '--noinhibit-exec: ld writes the file all the same' "$CC" undefined.o -o prog -Wl,--noinhibit-exec -no-pie $flags
placed prog
ok $? '--noinhibit-exec: and it has its table'
done_testing
