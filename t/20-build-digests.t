#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What ties a table to its file: the build ID's copy is the file's, and the text digest changes with the code alone.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
need readelf
cat >a.c <<'X'
int f (int v) { return v + NUMBER; }
int main (void) { return f (-NUMBER); }
X

# value FILE KEY: the first string of that key.
value () { "$pctab_dump" --json "$1" | sed -n "s/.*\"$2\":\"\([^\"]*\)\".*/\1/p" | head -n 1; }
build_id () { readelf -n "$1" | sed -n 's/.*Build ID: //p'; }

for id in sha1 md5 uuid 0x0123456789abcdef01234567; do
  "$CC" -DNUMBER=1 a.c -o prog -Wl,--build-id=$id $flags && want=$(build_id prog) && [ -n "$want" ]
  is "$(value prog build_id)" "${want:-none}" "--build-id=$id: the table has a copy: $want"
done
"$CC" -DNUMBER=1 a.c -o prog -Wl,--build-id=none $flags
is "$(value prog build_id)$(build_id prog)" '' '--build-id=none: the table has none'

text_digest () { "$pctab_dump" --json "$1" | sed -n 's/.*"digests":{[^}]*"text":"\([^"]*\)".*/\1/p'; }
# text FLAGS...: the text digest of a link with them.
text () { "$CC" -O1 "$@" a.c -o prog $flags && text_digest prog; }
first=$(text -DNUMBER=1 -g)
like "$first" '^[0-9a-f]{16}$' 'a digest of the text'
is "$(text -DNUMBER=1 -g)" "$first" 'the same link: the same digest'
is "$(text -DNUMBER=1)" "$first" 'without -g: the same digest'
is "$(text -DNUMBER=1 -g -s)" "$first" 'with -s: the same digest'
is "$(text -DNUMBER=1 -g -Wl,--build-id=none)" "$first" 'no build ID: the same digest'
second=$(text -DNUMBER=2 -g)
[ -n "$second" ] && [ "$second" != "$first" ]
ok $? 'other code: another digest'
"$CC" -O1 -g -DNUMBER=1 a.c -o prog $flags
strip prog
is "$(text_digest prog)" "$first" 'strip: the same digest'
done_testing
