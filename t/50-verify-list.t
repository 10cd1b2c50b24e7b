#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The list of rules: an identifier keeps its name for ever; each is explained; the manual page names the groups.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
verify=$tap_build/verify/pctab-verify
[ -x "$verify" ] || skip_all 'pctab-verify is not built'
succeeds '--list' "$verify" --list
printf '%s\n' "$out" | sed -n 's/^  \(P[A-Z][0-9]*\) *\([a-z]*\) *\([^ ]*\) .*/\1 \3/p' >rules
is "$(sed 's/ .*//' rules | sort | uniq -d)" '' 'no identifier twice'
is "$(sed 's/.* //' rules | sort | uniq -d)" '' 'no name twice'
# data/verify/rules has every rule that there ever was; add to it, never change it.
is "$(comm -23 <(sed /^#/d "$tap_src/t/data/verify/rules" | sort) <(sort rules))" '' 'all that there ever were, with their names'
is "$(comm -13 <(sed /^#/d "$tap_src/t/data/verify/rules" | sort) <(sort rules))" '' 'new ones are in t/data/verify/rules too'
bad=0
while read -r id name; do
  text=$("$verify" --explain "$id") || bad=$((bad + 1))
  case $text in "$id, $name ("*) ;; *) bad=$((bad + 1)); diag "$id: $text" ;; esac
  [ "$(printf '%s\n' "$text" | wc -l)" -ge 4 ] || { bad=$((bad + 1)); diag "$id: no explanation"; }
  [ "$(printf '%s\n' "$text" | awk 'length > 79' | wc -l)" = 0 ] || { bad=$((bad + 1)); diag "$id: long lines"; }
done <rules
is "$bad" 0 "--explain of $(wc -l <rules) rules"
run "$verify" --explain=PT999
is "$status" 2 'an unknown one: exit 2'
like "$out" "no rule has the ID 'PT999'" 'and a message'
for group in $(sed 's/^\(..\).*/\1/' rules | sort -u); do
  grep -q "^\.B ${group}" "$tap_src/man/pctab-verify.1"
  ok $? "the manual page has group $group"
done
done_testing
