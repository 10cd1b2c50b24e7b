#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What `make check` runs each test by: passes on how it ended, and lets none go on for ever or leave a process behind.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
# Other runs of this test have other numbers.
long=1000.$$ longer=2000.$$
limit=$tap_src/t/lib/limit.pl
# ends STATUS WHAT LINE...: runs a test of these lines.
ends () {
  local want=$1 what=$2
  shift 2
  printf '%s\n' '#!/bin/sh' "$@" >test.sh
  chmod +x test.sh
  run perl "$limit" ./test.sh
  is "$status" "$want" "$what: exit $want"
}
ends 0 'a good test' 'echo ok 1' 'echo 1..1'
is "$out" "$(printf 'ok 1\n1..1')" 'its output, and nothing else'
ends 3 'a failed one' 'exit 3'
ends 99 'one that a signal ends' 'kill -SEGV $$'
TEST_SECONDS=1 ends 99 'one without an end' "sleep $long; echo"
like "$out" '^Bail out! no end after 1 seconds$' 'says so'
like "$out" '^# .* sleep '$long'$' 'and where it is'
# What holds the driver's pipe open.
ends 99 'one that leaves a process behind' "sleep $longer & echo ok 1"
like "$out" '^Bail out! the test has ended, and what it has started has not$' 'says so'
like "$out" '^# .* sleep '$longer'$' 'and names it'
is "$(pgrep -fc "^sleep ($long|$longer)$")" 0 'all are gone'
ends 0 'one that has just killed another' "sleep $longer & kill -KILL \$!" 'echo ok 1'
run perl "$limit" ./nowhere
like "$status $out" '^127 Bail out! ./nowhere' 'one that is not there'
done_testing
