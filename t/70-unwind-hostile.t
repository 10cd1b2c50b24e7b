#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Wild registers, smashed stacks, stacks that end where nothing is mapped, PCs in the heap, in data and nowhere: each walk
# comes to an end without a fault, errno stays, and steps and the walk at once agree.  SEEDS='7 8 9' for others.
# shellcheck source=SCRIPTDIR/lib/unwind.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
. "$tap_src/t/lib/unwind.sh"
need pkg-config timeout
built_library
for how in '-O1 -static' '-O0' '-O2 -fno-omit-frame-pointer -static-pie'; do
  link=$archive
  # shellcheck disable=SC2086
  "$CC" $how -w -pthread $include "$data/hostile.c" -o prog $flags $link
  ok $? "it links: $how"
  for seed in ${SEEDS:-1 2 3}; do
    counts "$how, seed $seed" ./prog "$seed" 20000
    for why in 'no caller' 'with a table' 'not readable' 'above this one'; do
      printf '%s\n' "$out" | grep -q "$why: [1-9]"
      ok $? "some walks ended so: $why"
    done
  done
done
done_testing
