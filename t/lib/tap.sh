# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# TAP for shell tests.  A test starts with
#     . "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
# and ends with done_testing.  It then runs in a directory of its own, removed afterwards, and has
#   $tap_src $tap_build  the sources and the build
#   $pctab_link $pctab_dump $pctab_so $pctab_ld $pctab_lld_ld   what the build made
#   $flags               the one thing to add to a link; ",-plugin-opt=NAME" may be appended
set -u
LC_ALL=C
export LC_ALL
tap_src=${abs_top_srcdir:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
tap_build=${abs_top_builddir:-$PWD}
tap_cnt=0
tap_failed=0
CC=${CC:-gcc}
umask 022

# diag TEXT...: lines for people.
diag () {
  printf '%s\n' "$@" | sed 's/^/# /'
}

# skip_all WHY: the whole test can't run here.
skip_all () {
  echo "1..0 # SKIP $*"
  exit 0
}

# need TOOL...: skips the test when a tool is missing.
need () {
  local tool
  for tool; do
    command -v "$tool" >/dev/null 2>&1 || skip_all "$tool is not installed"
  done
}

# have TOOL...
have () {
  local tool
  for tool; do
    command -v "$tool" >/dev/null 2>&1 || return 1
  done
}

# ok STATUS WHAT: passes when STATUS is 0.
ok () {
  tap_cnt=$((tap_cnt + 1))
  if [ "$1" = 0 ]; then
    echo "ok $tap_cnt - $2"
  else
    echo "not ok $tap_cnt - $2"
    tap_failed=$((tap_failed + 1))
  fi
}

# skip WHAT WHY
skip () {
  tap_cnt=$((tap_cnt + 1))
  echo "ok $tap_cnt - $1 # SKIP $2"
}

# is GOT WANT WHAT
is () {
  [ "$1" = "$2" ]
  ok $? "$3"
  [ "$1" = "$2" ] || diag "got:  $1" "want: $2"
}

# like GOT PATTERN WHAT: PATTERN as of grep -E.
like () {
  local status
  printf '%s\n' "$1" | grep -Eq -- "$2"
  status=$?
  ok $status "$3"
  [ $status = 0 ] || diag "got:     $1" "pattern: $2"
}

# run COMMAND...: $status, and $out with both streams.
run () {
  out=$("$@" 2>&1)
  status=$?
}

# succeeds WHAT COMMAND...
succeeds () {
  local what=$1
  shift
  run "$@"
  ok $status "$what"
  [ $status = 0 ] || diag "status $status from: $*" "$out"
}

# fails WHAT PATTERN COMMAND...: exits non-zero and says PATTERN.
fails () {
  local what=$1 pattern=$2 good=1
  shift 2
  run "$@"
  [ $status != 0 ] && printf '%s\n' "$out" | grep -Eq -- "$pattern" && good=0
  ok $good "$what"
  [ $good = 0 ] || diag "status $status from: $*" "pattern: $pattern" "$out"
}

# done_testing: the plan, and the exit status.
done_testing () {
  echo "1..$tap_cnt"
  [ $tap_failed = 0 ]
  exit
}

# placed FILE [STATE]: checks by a second reader of ELF that .pctab is where it has to be and STATE (default: finished);
# says what is wrong.  placed.pl's facts are in $facts.
placed () {
  facts=$(perl "$tap_src/t/lib/placed.pl" "$1" 2>&1) || { diag "$facts"; return 1; }
  case $facts in
  "${2:-finished} "*) return 0 ;;
  esac
  diag "$1: $facts"
  return 1
}

# table_bytes FILE: the contents of .pctab.
table_bytes () {
  perl "$tap_src/t/lib/placed.pl" --contents "$1"
}

# symbols_of FILE [NM]: "NAME TYPE SECTION+OFFSET" of every symbol, so that files laid out at other addresses compare.
symbols_of () {
  perl "$tap_src/t/lib/placed.pl" --symbols "$1"
}

# What the tests use.
# shellcheck disable=SC2034
find_build () {
  pctab_link=$tap_build/linker/pctab-link
  pctab_dump=$tap_build/symtab/pctab-dump
  pctab_so=$tap_build/linker/.libs/pctab.so
  [ -e "$pctab_so" ] || pctab_so=$tap_build/linker/pctab.so
  pctab_ld=$tap_src/linker/pctab.ld
  pctab_lld_ld=$tap_src/linker/pctab-lld.ld
  flags=-Wl,-T,$pctab_ld,-plugin,$pctab_so
  [ -x "$pctab_link" ] && [ -e "$pctab_so" ] || skip_all "pctab-link and pctab.so are not built in $tap_build"
}

find_build
tmp=$(mktemp -d "${TMPDIR:-/tmp}/pctab-t-XXXXXX") || exit 99
tap_cleanup () {
  cd / && rm -rf "$tmp"
}
trap 'tap_cleanup' EXIT
trap 'exit 99' HUP INT TERM
cd "$tmp" || exit 99
