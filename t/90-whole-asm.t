#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# From <pctab/asm.h> to pctab-dump --lookup, of this machine and of the others by cross linkers: values of UnsafePoint where
# the labels are, the functions' flags, and frames that no call frame information gives.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
need readelf awk
echo 'void ranges (void); void open_ended (void); void _start (void) { ranges (); }' >main.c
sed 's/^PCTAB_FUNCTION open_ended/\t.globl open_ended\n&/' "$tap_src/t/data/object/good-ranges.S" >ranges.S

# at LABEL: its address.
at () {
  readelf -sW prog | awk -v l="$1" '$8 == l { sub (/^0+/, "", $2); print $2; exit }'
}

# says LABEL PATTERN
says () {
  like "$("$pctab_dump" --lookup prog "$(at "$1")")" "$2" "$arch: at $1"
}

# value LABEL VALUE [START]
value () {
  says "$1" "\"unsafe_point\":\{\"value\":$2,\"name\":\"[^\"]*\"${3:+,\"start\":\"0x$(at "$3")\"}"
}

table () {
  value entry_b -5 entry_b
  value entry_e -1
  value unsafe1_b -2 unsafe1_b
  value unsafe1_e -1 unsafe1_e
  value restart1_b '-[34]' restart1_b
  value restart2_b '-[34]' restart2_b
  value unsafe2_b -2 unsafe2_b
  value restart2_e -1 restart2_e
  value restart3_b '-[34]' restart3_b
  value unsafe3_b -2 unsafe3_b
  value restart3_e -2 unsafe3_b
  value unsafe3_e -1 unsafe3_e
  value unsafe4_b -2
  value restart4_b -2
  value row2_b -2
  value unsafe5_e -1 unsafe5_e
  says ranges_b '"func":"ranges".*"flags":\["nopreempt","spwrite","asm"\],"reason":\{"number":3,'
  says open_ended_b '"func":"open_ended".*"flags":\["asm"\],"reason":null'
  says framed_b "\"func\":\"framed\".*\"cfa\":$entry,"
  says framed_b '"top"'
  says row1_b '"cfa":\{"base":"sp","offset":32\},"ra":\{"saved":-8\},"fp":-16'
  says row2_b '"cfa":\{"base":"fp","offset":48\},.*"fp":-24'
  says row3_b '"cfa":\{"base":"sp","offset":16\},.*"fp":null'
}

cnt=0
# target NAME TRIPLET OFFSET-AT-ENTRY
target () {
  arch=$1
  entry="\{\"base\":\"sp\",\"offset\":$3\}"
  have "$2-gcc" || { skip "$arch" "$2-gcc is not installed"; return; }
  succeeds "$arch: links" "$2-gcc" -I"$tap_src/include" -O1 -nostdlib -ffreestanding -static -Wl,-e,_start main.c ranges.S -o prog $flags
  table
  cnt=$((cnt + 1))
}
target amd64 x86_64-linux-gnu 8
target 386 i686-linux-gnu 4
target arm64 aarch64-linux-gnu 0
target arm arm-linux-gnueabihf 0
target riscv64 riscv64-linux-gnu 0
target s390x s390x-linux-gnu 160
target ppc64le powerpc64le-linux-gnu 0
target mips mipsel-linux-gnu 0
diag "$cnt of 8 machines"
done_testing
