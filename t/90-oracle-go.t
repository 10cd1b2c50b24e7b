#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Go's own tables: SP deltas, UnsafePoint, StackMapIndex and inlining indexes of programs built by Go for amd64 and arm64,
# translated to ours in two ways: as a model that is encoded, and as an object's records that the linker merges.  At every
# PC value and startpc are Go's, for every function the largest SP delta; no restart range is longer than 20 bytes, and
# pctab-verify finds nothing.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
need go
compare=$tap_build/t/tool/go_compare
print=$tap_build/t/tool/go_print
verify=$tap_build/verify/pctab-verify
for tool in "$compare" "$print" "$verify"; do
  [ -x "$tool" ] || skip_all "$tool is not built"
done
go=${PCTAB_CORPUS:-$tap_build/t/corpus}/go
run sh "$tap_src/t/oracle/go_build.sh" "$go"
[ "$status" != 77 ] || skip_all "$out"
ok "$status" "Go builds the programs"
[ "$status" = 0 ] || diag "$out"

# The code of Go's program at its own address, and beside it one record for each of Go's streams.
link_records () {
  "$print" records "$1" >records.s && text=$("$print" funcs "$1" | sed -n '1s/ .*//p') &&
    "$2" -nostdlib -static -no-pie "-Wl,-e,f0,-Ttext=0x$text" records.s -o records $flags && placed records
}

for arch in amd64 arm64; do
  case $arch in
    amd64) cc=x86_64-linux-gnu-gcc ;;
    arm64) cc=aarch64-linux-gnu-gcc ;;
  esac
  for name in gofmt nm hello web; do
    run "$compare" "$go/$name.$arch"
    ok "$status" "$name, $arch: every PC has Go's values"
    diag "$out"
    if ! have "$cc"; then
      skip "$name, $arch, by records" "$cc is not installed"
      continue
    fi
    run link_records "$go/$name.$arch" "$cc"
    ok "$status" "$name, $arch, by records: links"
    [ "$status" = 0 ] || diag "$out"
    run "$compare" "$go/$name.$arch" records
    ok "$status" "$name, $arch, by records: every PC has Go's values"
    [ "$status" = 0 ] || diag "$out"
    succeeds "$name, $arch, by records: verifies" "$verify" -q records
  done
done
done_testing
