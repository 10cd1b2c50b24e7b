#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The reader of Go's tables, which 90-oracle-go.t trusts: functions are those of `go tool nm`, files and lines those of
# `go tool objdump`, and SP deltas, pcdata values and startpcs at every PC those that Go's runtime finds in itself.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
need perl go
print=$tap_build/t/tool/go_print
[ -x "$print" ] || skip_all "go_print is not built"
go=${PCTAB_CORPUS:-$tap_build/t/corpus}/go
run sh "$tap_src/t/oracle/go_build.sh" "$go"
[ "$status" != 77 ] || skip_all "$out"
ok "$status" "Go builds the programs"
[ "$status" = 0 ] || diag "$out"
export GOCACHE="$go/cache" GO111MODULE=off

for arch in amd64 arm64; do
  run perl "$tap_src/t/oracle/go_reader.pl" --print="$print" "$go/gofmt.$arch" "$go/web.$arch"
  ok "$status" "$arch: names and lines are those of Go's tools"
  printf '%s\n' "$out"
done

# Go 1.19's table in the layouts of Go 1.16 and 1.20: the same functions, values and lines.
if have as readelf && case $(go env GOVERSION) in go1.18* | go1.19*) true ;; *) false ;; esac; then
  run perl "$tap_src/t/oracle/go_layouts.pl" "$go/gofmt.amd64" layout.16 layout.20
  is "$status$out" 0 "gofmt in other layouts"
  for version in 16 20; do
    printf '.section .gopclntab,"a"\n.incbin "layout.%s"\n' "$version" | as -o "layout$version" -
    for what in funcs values lines; do
      "$print" funcs "$go/gofmt.amd64" | cut -d ' ' -f 1 >pcs
      "$print" "$what" "$go/gofmt.amd64" <pcs >wanted && "$print" "$what" "layout$version" <pcs >found
      cmp wanted found && [ -s wanted ]
      ok $? "layout of Go 1.$version: $(wc -l <wanted) lines of $what are the same"
    done
  done
else
  skip "layouts of other versions" "they are made of a table of Go 1.18 or 1.19"
fi

case $(uname -m) in
  x86_64) arch=amd64 ;;
  aarch64) arch=arm64 ;;
  *) arch= ;;
esac
case $arch.$(go env GOVERSION) in
  .*)
    skip "Go's runtime" "this machine does not run the programs" ;;
  *.go1.16* | *.go1.17*)
    skip "Go's runtime" "the fields of its functions are of 1.18 and later" ;;
  *)
    "$print" funcs "$go/runtime.$arch" | cut -d ' ' -f 1,2 >funcs
    "$go/runtime.$arch" <funcs >theirs && "$print" values "$go/runtime.$arch" >ours
    ok $? "Go's runtime answers for itself"
    cmp theirs ours && [ -s ours ]
    ok $? "$(wc -l <funcs) functions: $(grep -c ' max ' ours) largest SP deltas, $(grep -vc ' max ' ours) values with their startpc"
    diag "$(diff theirs ours | head)" ;;
esac
done_testing
