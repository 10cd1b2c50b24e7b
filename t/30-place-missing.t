#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Something is missing, or the linker is another one: non-zero, one clear message, no output.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
echo 'int main (void) { return 0; }' >a.c
"$CC" -g -c a.c

# refused NAME PATTERN ARGUMENTS...
refused () {
  local name=$1 pattern=$2
  shift 2
  rm -f prog
  fails "$name" "$pattern" "$CC" a.o -o prog "$@"
  [ ! -e prog ]
  ok $? "$name: no output"
}

refused 'the plugin is missing, its file' '/nonexistent.so: (error loading plugin|cannot open shared object)' \
  -Wl,-T,"$pctab_ld",-plugin,/nonexistent.so
refused 'the plugin is missing, its flag' 'pctab: no placeholder in the link: pctab.ld is given without the plugin pctab.so' \
  -Wl,-T,"$pctab_ld"
refused 'the plugin is missing, its flag, in a shared object' 'pctab: no placeholder in the link' -shared -Wl,-T,"$pctab_ld"
refused 'the plugin is missing, its flag, in a static program' 'pctab: no placeholder in the link' -static -Wl,-T,"$pctab_ld"
refused 'the script is missing, its file' 'cannot open linker script file /nonexistent.ld' \
  -Wl,-T,/nonexistent.ld,-plugin,"$pctab_so"
refused 'the script is missing, its flag' '\.pctab: is not alone in its segment: .* lies there too; link with pctab.s linker script' \
  -Wl,-plugin,"$pctab_so"
refused 'the script twice' "linker script file '.*pctab.ld' appears multiple times" $flags -Wl,-T,"$pctab_ld"
cp "$pctab_so" alone.so
refused 'pctab-link is missing' "pctab-link can't be run .No such file or directory.; give -plugin-opt=link=PATH" \
  "-Wl,-T,$pctab_ld,-plugin,$PWD/alone.so"
cp "$pctab_link" pctab-link
succeeds 'pctab-link beside the plugin' "$CC" a.o -o prog "-Wl,-T,$pctab_ld,-plugin,$PWD/alone.so"
placed prog
ok $? 'is found'

# documented LINKER: each line of its message in $out is in the manual page, folders put away.
documented () {
  local line missing='' cnt=0
  while read -r line; do
    cnt=$((cnt + 1))
    grep -qF -- "$line" page || missing="$missing$line"
  done < <(printf '%s\n' "$out" |
    sed -e "s|[^ ]*/pctab.ld|.../pctab.ld|g; s|[^ ]*/ld\.|ld.|; s|[^ ]*/mold:|mold:|; s/^ *^ *//; s/  *$//" |
    grep -v '^collect2\|no placeholder in the link')
  [ $cnt -gt 0 ] && [ -z "$missing" ]
  ok $? "the manual page has the $cnt lines of $1's message"
  [ -z "$missing" ] || diag "not there: $missing"
}
sed 's/\\-/-/g; s/\\&//g' "$tap_src/man/pctab-link.1" >page

if have ld.gold; then
  refused 'gold stops at the script' "pctab.ld:[0-9]+:[0-9]+: syntax error|unable to parse script file" -fuse-ld=gold $flags
  diag "$out"
  documented gold
  refused 'gold without the script stops at the plugin' "pctab: gold can't place a table: link with GNU ld" \
    -fuse-ld=gold -Wl,-plugin,"$pctab_so"
else
  skip 'gold' 'ld.gold is not installed'
fi
if have mold; then
  refused 'mold stops at the script' 'unknown linker script token' -fuse-ld=mold $flags
  diag "$out"
  documented mold
else
  skip 'mold' 'mold is not installed'
fi
if have ld.lld; then
  refused 'ld.lld stops at the script' 'unable to insert .pctab after .stab' -fuse-ld=lld $flags
  diag "$out"
  documented ld.lld
  succeeds 'ld.lld with its own script, without a placeholder, links' "$CC" a.o -o prog -fuse-ld=lld -Wl,-T,"$pctab_lld_ld"
  fails 'and pctab-link says what is missing' 'has no .pctab section: no placeholder was linked' "$pctab_link" prog
else
  skip 'ld.lld' 'ld.lld is not installed'
fi
done_testing
