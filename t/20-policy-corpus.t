#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Whole programs: a function is refused for thread-local data if and only if objdump finds such a relocation in it
# (oracle/tls.pl); and the link's inputs tell the same as --emit-relocs does.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
# shellcheck source=SCRIPTDIR/lib/policy.sh
. "$tap_src/t/lib/policy.sh"
need perl objdump readelf
corpus=${PCTAB_CORPUS:-$tap_build/t/corpus}
cnt=0
for name in lua sqlite cxx openssl postgres gold; do
  case $name in
  postgres | gold)
    # They take long to build: only if the benchmarks have done it.
    [ -e "$corpus/$name/stamp" ] || { skip "$name" 'it is not in the corpus yet'; continue; } ;;
  esac
  run sh "$tap_src/t/corpus/build.sh" "$corpus" "$name"
  if [ "$status" = 77 ]; then
    skip "$name" "$(printf '%s\n' "$out" | tail -n 1)"
    continue
  fi
  ok "$status" "$name: its objects are there"
  [ "$status" = 0 ] || { diag "$out"; continue; }
  OUT=$tmp/prog sh "$corpus/$name/link.sh" $spy_flags >log 2>&1 && OUT=$tmp/relocs sh "$corpus/$name/link.sh" $spy_flags -Wl,-q >log 2>&1
  ok $? "$name: links"
  decide prog inputs=inputs && mv printed from-inputs
  # Here the inputs still say what is libc's, but the file says what its code refers to.
  decide relocs inputs=inputs && mv printed from-relocs
  run perl "$tap_src/t/oracle/tls.pl" relocs from-inputs
  ok "$status" "$name: its inputs tell what objdump does"
  diag "$out"
  cmp from-inputs from-relocs
  ok $? "$name: --emit-relocs tells the same, $(awk '$3 != "-"' from-inputs | wc -l) of $(wc -l <from-inputs) names refused"
  cnt=$((cnt + 1))
  rm -f prog relocs
done
diag "$cnt of 6 programs"
done_testing
