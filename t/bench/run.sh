#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Benchmarks: `make bench`, or from a build directory  ../t/bench/run.sh [SECTION...] [PROGRAM...]
#
#   sizes    the table by part, beside what else describes the same code
#   link     time, CPU time and memory of a link with the plugin, beside one without and one with a plugin that does nothing
#   marks    a link with 100,000 and 1,000,000 marks of objects, beside the same code without marks
#   build    pctab-link on a file as the plugin leaves it, beside llvm-gsymutil
#   lookup   findfunc and pcvalue beside Go's algorithms in C, in one process  (COUNT=1: instructions too, by callgrind)
#   symbol   names, and file:line with inlined calls, in a process beside libbacktrace, libdwfl, dladdr and Go's runtime
#   dump     pctab-dump --lookup beside llvm-symbolizer
#   unwind   walks of a stack beside libunwind, glibc, libgcc and frame pointers  (COUNT=1: instructions too)
#   decide   a decision at a signal, with 1 to 100 frames below, beside a walk over the same frames
#   verify   the verifier's rules, in MB of table a second; its part of a link; pctab-verify over the system's programs
#
# Programs: lua sqlite cxx openssl postgres gold (all by default; marks, lookup and dump take the largest one named; symbol
# those of postgres, gold and sqlite).  PCTAB_LIBBACKTRACE: where libbacktrace is installed, if not where the compiler looks.
# Ratios come from one run, commands alternate, medians of ROUNDS (by default 21 to 7, by a link's duration).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=${abs_top_builddir:-$PWD}
corpus=${PCTAB_CORPUS:-$top/t/corpus}
work=$top/t/bench/work
[ -f "$top/config.status" ] || { echo "run.sh: run me in a build directory, or by make bench" >&2; exit 2; }
mkdir -p "$work"
export LC_ALL=C
exec </dev/null

sections="" programs=""
for a in "$@"; do
  case $a in
    sizes | link | marks | build | lookup | symbol | dump | unwind | decide | verify) sections="$sections $a" ;;
    *) programs="$programs $a" ;;
  esac
done
: "${sections:=sizes link marks build lookup symbol dump unwind decide verify}"
# These bring a program of their own.
case $sections in
  " unwind" | " decide" | " unwind decide") alone=yes ;;
  *) alone= ;;
esac
[ -n "$alone" ] || : "${programs:=lua sqlite cxx openssl postgres gold}"

# --- tools ---

tool ()
{
  for at in "$top/$1" "$top/symtab/$1" "$top/linker/$1" "$top/verify/$1" "$top/t/bench/$1"; do
    [ -x "$at" ] && { echo "$at"; return; }
  done
  echo "run.sh: $1 is not built" >&2
  exit 1
}

have ()
{
  command -v "$1" >/dev/null || { echo "  ($1 is missing: install $2)"; return 1; }
}

# sections_len FILE NAME... -- bytes of those sections together
sections_len ()
{
  file=$1
  shift
  readelf -SW "$file" | awk -v want=" $* " '{ sub (/^ *\[ *[0-9]+\] */, "") }
    index (want, " " $1 " ") { sum += strtonum_hex($5) } END { print sum + 0 }
    function strtonum_hex(h,   i, v) {
      for (i = 1; i <= length (h); i++) v = v * 16 + index ("0123456789abcdef", substr (h, i, 1)) - 1
      return v }'
}

# goal VALUE LIMIT [atleast] -- "ok" or how far off
goal ()
{
  awk -v v="$1" -v g="$2" -v least="${3:-}" 'BEGIN {
    ok = least ? v >= g : v <= g
    printf "%s %.2f: %s", least ? ">=" : "<=", g, ok ? "ok" : sprintf ("MISSED by %.0f%%", 100 * (least ? g / v - 1 : v / g - 1)) }'
}

ratio ()
{
  awk -v a="$1" -v b="$2" 'BEGIN { if (b > 0) printf "%.3f", a / b; else print "-" }'
}

# Debian names LLVM's rarer tools by version alone.
gsymutil=$(command -v llvm-gsymutil || ls /usr/bin/llvm-gsymutil-* 2>/dev/null | sort -V | tail -n 1)

flags=$(cat "$top/linker/pctab.flags")

link ()
{
  OUT=$1
  program=$2
  shift 2
  export OUT
  # Debian's static libc warns about dlopen and the like.
  "$corpus/$program/link.sh" "$@" 2>"$work/link.err" || { cat "$work/link.err" >&2; return 1; }
}

# The corpus program NAME, with the table, as $work/NAME; without it as $work/NAME.plain.
linked ()
{
  CORPUS_SRC=${CORPUS_SRC:-$corpus/.src} "$here/../corpus/build.sh" "$corpus" "$1" || return 1
  [ -f "$work/$1.plain" ] && [ "$work/$1.plain" -nt "$corpus/$1/stamp" ] || link "$work/$1.plain" "$1"
  # shellcheck disable=SC2086
  link "$work/$1" "$1" $flags
}

# paired ARGUMENT... -- pair's line for these arguments, or an end of it all
paired ()
{
  "$pair" "$@" 2>"$work/pair.err" || { cat "$work/pair.err" >&2; echo "run.sh: nothing to measure" >&2; kill $$; }
}

# --- sizes ---

gsym_len ()
{
  [ -n "$gsymutil" ] || { echo -; return; }
  "$gsymutil" --convert "$work/$1.plain" --out-file "$work/$1.gsym" >/dev/null 2>&1 && stat -c %s "$work/$1.gsym" || echo -
}

sframe_len ()
{
  if [ -f "$corpus/$1/has-sframe" ] && SFRAME=1 link "$work/$1.sframe" "$1" 2>/dev/null; then
    sections_len "$work/$1.sframe" .sframe
    rm -f "$work/$1.sframe"
  else
    echo -
  fi
}

# part NAME PART -- bytes, from the table's own account
part ()
{
  "$dump" --json --stats "$work/$1" | tr ',{}' '\n' | sed -n 's/^ *"'"$2"'" *: *\([0-9]*\)$/\1/p' | head -n 1
}

row ()
{
  if [ "$2" = - ]; then
    printf '  %-30s %12s\n' "$1" "-"
  else
    printf '  %-30s %12d  hot %s  whole %s\n' "$1" "$2" "$(ratio "$hot" "$2")" "$(ratio "$whole" "$2")"
  fi
}

bench_sizes ()
{
  dump=$(tool pctab-dump)
  f=$work/$1.plain
  whole=$(sections_len "$work/$1" .pctab)
  hot=$(part "$1" hot)
  eh=$(sections_len "$f" .eh_frame .eh_frame_hdr)
  gsym=$(gsym_len "$1")
  printf '\nsizes %s: .text %d\n' "$1" "$(sections_len "$f" .text)"
  "$dump" --stats "$work/$1" | sed 's/^/  /'
  printf '  %-30s %12d  hot part %d, cold part %d\n' "whole table (.pctab)" "$whole" "$hot" $((whole - hot))
  row ".eh_frame + .eh_frame_hdr" "$eh"
  row ".sframe (as --gsframe)" "$(sframe_len "$1")"
  row ".symtab + .strtab" "$(sections_len "$f" .symtab .strtab)"
  row ".debug_line" "$(sections_len "$f" .debug_line)"
  row "GSYM" "$gsym"
  printf '  goal: hot / .eh_frame + .eh_frame_hdr %s\n' "$(goal "$(ratio "$hot" "$eh")" 0.50)"
  [ "$gsym" = - ] || printf '  goal: whole / GSYM %s\n' "$(goal "$(ratio "$whole" "$gsym")" 0.50)"
}

# --- link ---

rounds_for ()
{
  case $1 in
    lua | sqlite | cxx) echo "${ROUNDS:-21}" ;;
    openssl) echo "${ROUNDS:-13}" ;;
    *) echo "${ROUNDS:-7}" ;;
  esac
}

# Where a link is longer than 0.3 s the ratio counts, else the difference, in ms.
bench_link ()
{
  noop=$top/t/bench/noop_plugin.so
  OUT=$work/$1.out
  export OUT
  n=$(rounds_for "$1")
  # shellcheck disable=SC2086
  set -- "$1" $(paired -n "$n" "$corpus/$1/link.sh" -- "$corpus/$1/link.sh" $flags)
  printf '\nlink %s: %s alternating rounds, medians\n' "$1" "$n"
  printf '  without %.3f s  with %.3f s  ratio %s  difference %.0f ms\n' "$2" "$3" "$4" \
    "$(awk -v a="$2" -v b="$3" 'BEGIN { print (b - a) * 1000 }')"
  printf '  CPU     %.3f s  with %.3f s  ratio %s\n' "$5" "$6" "$7"
  printf '  memory  %d KiB  with %d KiB  ratio %s\n' "$8" "$9" "${10}"
  if awk -v a="$2" 'BEGIN { exit !(a > 0.3) }'; then
    printf '  goal: link time %s\n' "$(goal "$4" 1.10)"
  else
    printf '  goal: additional ms %s\n' "$(goal "$(awk -v a="$2" -v b="$3" 'BEGIN { print (b - a) * 1000 }')" 15)"
  fi
  printf '  goal: CPU time %s\n' "$(goal "$7" 1.25)"
  # shellcheck disable=SC2086
  set -- "$1" $(paired -n "$n" "$corpus/$1/link.sh" "-Wl,-plugin,$noop" -- "$corpus/$1/link.sh" $flags)
  printf '  a plugin that does nothing: %.3f s, ratio %s; memory %d KiB, with %d KiB, ratio %s\n' "$2" "$4" "$8" "$9" "${10}"
  printf '  goal: memory %s\n' "$(goal "${10}" 1.15)"
  rm -f "$OUT"
}

# --- marks ---

# mark_objects KIND OBJECTS FUNCTIONS -- objects of so many functions with ten marks each (KIND: see marks.pl), listed in
# $work/marks.KIND.N for N marks
mark_objects ()
{
  list=$work/marks.$1.$(($2 * $3 * 10))
  [ -s "$list" ] && return
  i=0
  while [ $i -lt "$2" ]; do
    i=$((i + 1))
    perl "$here/marks.pl" "$i" "$3" 10 "${1%marked}" | as --64 -o "$list.$i.o" - || return 1
    echo "$list.$i.o"
  done >"$list.new"
  mv "$list.new" "$list"
}

# The same link with and without marks in a hundred of its objects, each mark a record or each function one: all of it; ld
# alone, which reads and relocates the sections; pctab-link alone.
bench_marks ()
{
  [ "$(uname -m)" = x86_64 ] || { echo "  (the marks are x86-64 code)"; return 0; }
  OUT=$work/$1.out
  export OUT
  n=$(rounds_for "$1")
  for kind in plain marked values; do
    mark_objects $kind 100 100 || return 0
  done
  printf '\nmarks %s: 100,000, %s alternating rounds, medians\n' "$1" "$n"
  for kind in values marked; do
    marks_kind "$1" "$n" $kind
  done
  mark_objects plain 100 1000 && mark_objects marked 100 1000 || return 0
  # shellcheck disable=SC2086
  set -- "$1" $(paired -n 3 "$corpus/$1/link.sh" $flags "@$work/marks.plain.1000000" -- "$corpus/$1/link.sh" $flags \
    "@$work/marks.marked.1000000")
  printf '  1,000,000, a record each: without %.3f s  with %.3f s  ratio %s;  memory %d and %d KiB\n' "$2" "$3" "$4" "$8" "$9"
  "$(tool pctab-dump)" --stats "$OUT" | grep -E 'pcdata_(lists|blocks|functions)'
  rm -f "$OUT"
}

# marks_kind PROGRAM ROUNDS KIND
marks_kind ()
{
  p=$work/marks.plain m=$work/marks.$3
  printf '  %s\n' "$([ "$3" = values ] && echo 'a record for each function:' || echo 'a record for each mark:')"
  # shellcheck disable=SC2086
  set -- "$1" "$2" $(paired -n "$2" "$corpus/$1/link.sh" $flags "@$p.100000" -- "$corpus/$1/link.sh" $flags "@$m.100000")
  printf '    without %.3f s  with %.3f s  ratio %s;  CPU ratio %s;  memory %d and %d KiB\n' "$3" "$4" "$5" "$8" "$9" "${10}"
  printf '    goal: time %s\n' "$(goal "$5" 1.03)"
  set -- "$1" "$2" $(paired -n "$2" "$corpus/$1/link.sh" "@$p.100000" -- "$corpus/$1/link.sh" "@$m.100000")
  printf '    ld alone: without %.3f s  with %.3f s  ratio %s;  CPU ratio %s\n' "$3" "$4" "$5" "$8"
  # shellcheck disable=SC2086
  for f in "$p" "$m"; do
    link "$f.file" "$1" $flags -Wl,-plugin-opt=link=/bin/true "@$f.100000"
  done
  set -- "$1" "$2" $(paired -n "$2" -p "cp '$p.file' '$p.finish'; cp '$m.file' '$m.finish'" \
    "$(tool pctab-link)" "$p.finish" -- "$(tool pctab-link)" "$m.finish")
  printf '    pctab-link alone: without %.3f s  with %.3f s;  CPU ratio %s;  memory %d and %d KiB\n' "$3" "$4" "$8" "$9" "${10}"
  OUT=$work/$1.out
  rm -f "$p.file" "$m.file" "$p.finish" "$m.finish"
}

# --- build ---

bench_build ()
{
  [ -n "$gsymutil" ] || { echo "  (llvm-gsymutil is missing: install llvm)"; return 0; }
  finisher=$(tool pctab-link)
  unfinished "$1"
  n=$(rounds_for "$1")
  set -- "$1" $(paired -n "$n" -p "cp '$work/$1.unfinished' '$work/$1.finish'" \
    "$finisher" "$work/$1.finish" -- "$gsymutil" --convert "$work/$1.plain" --out-file "$work/$1.gsym")
  printf '\nbuild %s: pctab-link %.3f s, llvm-gsymutil %.3f s; CPU %.3f and %.3f s; memory %d and %d KiB\n' \
    "$1" "$2" "$3" "$5" "$6" "$8" "$9"
  printf '  llvm-gsymutil / pctab-link: time %s, CPU %s, memory %s\n' "$4" "$7" "${10}"
  [ "$1" != postgres ] || printf '  goal: time %s\n' "$(goal "$4" 6 atleast)"
  rm -f "$work/$1.finish" "$work/$1.unfinished"
}

# The file as the plugin has it finished, with the room that it reserved.
unfinished ()
{
  # shellcheck disable=SC2086
  link "$work/$1.unfinished" "$1" $flags -Wl,-plugin-opt=link=/bin/true
}

# --- lookup, dump ---

largest ()
{
  for p in $programs; do
    printf '%s %s\n' "$(sections_len "$work/$p" .text)" "$p"
  done | sort -n | tail -n 1 | cut -d' ' -f2
}

bench_lookup ()
{
  printf '\nlookup %s\n' "$1"
  "$(tool bench_lookup)" "$work/$1"
  [ -z "${COUNT:-}" ] || count_lookup "$1"
}

# Instructions a lookup: callgrind counts what each loop and its callees run.
count_lookup ()
{
  have valgrind valgrind || return 0
  out=$work/callgrind.out
  valgrind -q --tool=callgrind --callgrind-out-file="$out" --collect-atstart=no --toggle-collect='loop_*' \
    "$(tool bench_lookup)" --count "$work/$1" 2>/dev/null
  callgrind_annotate --inclusive=yes --threshold=100 "$out" |
    sed -n 's/^ *\([0-9,]*\) .*:loop_\([a-z_]*\) .*/\2 \1/p' | tr -d , |
    awk '{ printf "  instructions a lookup, %-16s %.0f\n", $1, $2 / 100000 }'
  rm -f "$out"
}

# Those of the named programs that have many functions.
symbol_programs ()
{
  for p in postgres gold sqlite; do
    case " $programs " in *" $p "*) echo "$p" ;; esac
  done
}

# The benchmark is an object more in the program; what peers it is built with, its headers say.
bench_symbol ()
{
  printf '\nsymbol %s\n' "$1"
  at=${PCTAB_LIBBACKTRACE:-} libs='' object=$work/bench_symbol.o
  echo '#include <backtrace.h>' | ${CC:-cc} ${at:+-I"$at/include"} -E - >"$work/symbol.i" 2>/dev/null &&
    libs="${at:+-L$at/lib }-lbacktrace"
  echo '#include <elfutils/libdwfl.h>' | ${CC:-cc} -E - >"$work/symbol.i" 2>/dev/null && libs="$libs -ldw"
  ${CC:-cc} -O2 -g -std=gnu11 -D_GNU_SOURCE -I"$here/../../include" ${at:+-I"$at/include"} -c "$here/bench_symbol.c" \
    -o "$object" || return 1
  # shellcheck disable=SC2086
  link "$work/$1.symbol" "$1" $flags "$object" "$top/runtime/.libs/libpctab.a" $libs -pthread || return 1
  PCTAB_BENCH_SYMBOL=1 "$work/$1.symbol"
  rm -f "$work/$1.symbol" "$work/symbol.i"
}

bench_symbol_go ()
{
  have go golang-go || return 0
  printf '\n'
  (cd "$here/go_symbol" && GOCACHE=$work/gocache GOFLAGS=-mod=mod go build -o "$work/go_symbol" .) || return 1
  "$work/go_symbol"
}

bench_dump ()
{
  dump=$(tool pctab-dump)
  have llvm-symbolizer llvm || return 0
  pcs=$work/$1.pcs
  perl "$here/pcs.pl" 10000 "$work/$1" >"$pcs"
  set -- "$1" $(paired -n "${ROUNDS:-9}" -i "$pcs" "$dump" --lookup "$work/$1" -- llvm-symbolizer -e "$work/$1")
  printf '\ndump %s: %d PCs: pctab-dump --lookup %.4f s, llvm-symbolizer %.4f s\n' "$1" "$(wc -l <"$pcs")" "$2" "$3"
  printf '  llvm-symbolizer / pctab-dump %s; goal: %s\n' "$4" "$(goal "$4" 20 atleast)"
}

# --- unwind ---

# unwind_program NAME FLAG...: with a table, and the library in it
unwind_program ()
{
  name=$1
  shift
  perl "$here/chain.pl" 256 >"$work/chain.c"
  # shellcheck disable=SC2086
  "${CC:-gcc}" -O2 -g -D_GNU_SOURCE "$@" -I"$here/../../include" "$here/bench_unwind.c" "$work/chain.c" \
    "$top/runtime/.libs/libpctab.a" -llz4 -pthread -ldl $flags -o "$work/$name"
}

bench_unwind ()
{
  [ "$(uname -m)" = x86_64 ] || { echo "  (it reads x86-64 registers)"; return 0; }
  unwind_program unwind -fno-omit-frame-pointer && unwind_program unwind.omit -fomit-frame-pointer -DNO_POINTERS || return 1
  for depth in 200 10; do
    printf '\nunwind: ns a frame, code with frame pointers, depth %s\n' $depth
    "$work/unwind" $depth
    printf '\nunwind: ns a frame, code without frame pointers, depth %s\n' $depth
    "$work/unwind.omit" $depth
  done
  [ -z "${COUNT:-}" ] || count_unwind
}

# Instructions a frame, of 20,000 walks of 200 frames and some: by pctab, and by libunwind.
count_unwind ()
{
  have valgrind valgrind || return 0
  for method in 1 3; do
    valgrind --tool=callgrind --callgrind-out-file=/dev/null --toggle-collect=chain_end "$work/unwind.omit" --count $method 2>&1 |
      awk -v m=$method '/Collected/ { printf "  instructions a frame, %s %.0f\n", m == 1 ? "pctab" : "libunwind", $4 / 20000 / 207 }'
  done
}

# --- decide ---

# A program of its own, with a table, and the library in it.
bench_decide ()
{
  printf '\ndecide: ns a decision, median of rounds\n'
  [ "$(uname -m)" = x86_64 ] || { echo "  (it reads x86-64 registers)"; return 0; }
  perl "$here/chain.pl" 128 >"$work/chain.c"
  # shellcheck disable=SC2086
  "${CC:-gcc}" -O2 -g -D_GNU_SOURCE -I"$here/../../include" "$here/bench_decide.c" "$work/chain.c" \
    "$top/runtime/.libs/libpctab.a" -llz4 -pthread $flags -o "$work/decide" || return 1
  "$work/decide"
}

# --- verify ---

bench_verify ()
{
  printf '\nverify %s: a table of %d bytes, CPU time of one thread\n' "$1" "$(sections_len "$work/$1" .pctab)"
  "$(tool bench_verify)" "$work/$1" >"$work/verify.out"
  cat "$work/verify.out"
  all=$(sed -n 's/^  all rules .* ms *\([0-9.]*\) MB.*/\1/p' "$work/verify.out")
  hot=$(sed -n 's/^  hot part .* \([0-9.]*\) ms .*/\1/p' "$work/verify.out")
  printf '  goal: all rules over the table, MB/s %s\n' "$(goal "$all" 300 atleast)"
  OUT=$work/$1.out
  export OUT
  # shellcheck disable=SC2086
  set -- "$1" $(paired -n "$(rounds_for "$1")" true -- "$corpus/$1/link.sh" $flags)
  printf '  at a link: %s ms of %.3f s; goal: ratio %s\n' "$hot" "$3" "$(goal "$(awk -v a="$hot" -v b="$3" 'BEGIN { printf "%.4f", a / 1000 / b }')" 0.01)"
  rm -f "$OUT"
}

bench_verify_system ()
{
  start=$(date +%s%N)
  "$(tool pctab-verify)" /usr/bin /usr/lib | tail -n 1 | sed 's/^/  \/usr\/bin and \/usr\/lib: /'
  awk -v t=$(($(date +%s%N) - start)) 'BEGIN { printf "  in %.2f s\n", t / 1e9 }'
}

# --- main ---

pair=$(tool pair)
present=
for p in $programs; do
  if linked "$p"; then present="$present $p"; else echo "run.sh: $p is left out" >&2; fi
done
programs=$present
[ -n "$programs$alone" ] || exit 1
echo "pctab benchmarks, $(nproc) processors, $(date -u +%Y-%m-%d), programs:$programs"
for s in $sections; do
  case $s in
    unwind | decide) "bench_$s" ;;
    marks | lookup | dump) "bench_$s" "$(largest)" ;;
    symbol)
      for p in $(symbol_programs); do bench_symbol "$p"; done
      bench_symbol_go
      ;;
    verify)
      for p in $programs; do bench_verify "$p"; done
      bench_verify_system
      ;;
    *) for p in $programs; do "bench_$s" "$p"; done ;;
  esac
done
