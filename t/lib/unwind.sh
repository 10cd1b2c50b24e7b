# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
# For tests of the unwinder; read after tap.sh.  Adds it to what t/lib/module.sh compiles for any machine.
# shellcheck source=SCRIPTDIR/module.sh
. "$tap_src/t/lib/module.sh"
library_sources="$library_sources runtime/stack runtime/unwind runtime/unwind_cache runtime/unwind_context
  runtime/unwind_fast runtime/unwind_memory runtime/unwind_plt"
data=$tap_src/t/data/unwind

# counts WHAT COMMAND...: it ends well, and says how much it did; $out.
counts () {
  local what=$1
  shift
  run timeout 100 "$@"
  [ "$status" = 0 ]
  ok $? "$what: $(printf '%s ' $out | cut -c 1-100)"
  [ "$status" = 0 ] || diag "status $status from: $*" "$out"
}
