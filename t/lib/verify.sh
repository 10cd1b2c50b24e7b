# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# For tests of pctab-verify's rules about the file around the table; after tap.sh.
pctab_verify=$tap_build/verify/pctab-verify
[ -x "$pctab_verify" ] || skip_all "pctab-verify is not built in $tap_build"

# rules_of FILE [OPTION...]: the identifiers of what is found, and "failed" where the tool could not do its work.  What was
# printed is in the file "verified".
rules_of () {
  local file=$1
  shift
  "$pctab_verify" --fail-on=note "$@" "$file" >verified 2>&1
  local status=$?
  grep -o '\[P[A-Z][0-9]*\]$' verified | tr -d '[]' | sort -u | tr '\n' ' ' | sed 's/ $//'
  [ $status -lt 2 ] || printf ' failed'
}

# edit FILE COMMAND...: with elf_edit.pl.
edit () {
  perl "$tap_src/t/lib/elf_edit.pl" "$@"
}

# breaks RULE FILE WHAT COMMAND...: a copy of FILE, changed by elf_edit.pl's COMMANDs, breaks exactly RULE.
breaks () {
  local rule=$1 file=$2 what=$3 found
  shift 3
  cp "$file" broken
  edit broken "$@" || { ok 1 "$rule: $what: can be made"; return; }
  found=$(rules_of broken)
  [ "$found" = "$rule" ]
  ok $? "$rule: $what"
  [ "$found" = "$rule" ] || diag "found: $found" "$(head -n 6 verified)"
}
