#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The command: exit status, options, output in the same order whatever -j is, overrides, JSON by its schema, a worker that
# is killed.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
verify=$tap_build/verify/pctab-verify
make=$tap_build/t/tool/table_make
[ -x "$verify" ] && [ -x "$make" ] || skip_all 'pctab-verify and t/tool/table_make are not built'
echo 'int main (void) { return 0; }' >a.c
mkdir -p tree/bin tree/lib
# shellcheck disable=SC2086
"$CC" -O1 -g a.c -o tree/bin/prog $flags && "$CC" a.c -o tree/bin/plain || skip_all 'a program does not link here'
"$make" tree/lib/good && "$make" tree/lib/bad 1050:1070:-3 1070:1080:-7 && "$make" tree/lib/latin "--name=$(printf 'b\344re')"

# exits STATUS WHAT COMMAND...
exits () {
  local want=$1 what=$2
  shift 2
  run "$@"
  is "$status" "$want" "$what: exit $want"
  [ "$status" = "$want" ] || diag "$out"
}
exits 0 'a clean program' "$verify" tree/bin/prog
exits 0 'one without a table' "$verify" tree/bin/plain
exits 1 '--require-table' "$verify" --require-table tree/bin/plain
like "$out" '^tree/bin/plain: error: the file has no module table.*\[PV102\]$' 'and says so'
exits 0 'a file of text' "$verify" a.c
like "$out" '^a.c: note: .*\[PV101\]$' 'a note'
exits 1 '--fail-on=note' "$verify" --fail-on=note a.c
exits 1 'a text file with --require-table' "$verify" --require-table a.c
exits 0 'warnings' "$verify" tree/lib/latin
like "$out" '^tree/lib/latin: warning: .*\[PT404\]$' 'are printed'
exits 1 '--fail-on=warning' "$verify" --fail-on=warning tree/lib/latin
exits 1 'a broken table' "$verify" tree/lib/bad
like "$out" '^tree/lib/bad: error: pcdata lists, 0x[0-9a-f]* in beta: a restart range is longer .*\[PM102\]$' \
  'the message names file, part, address and function'
like "$out" ' 2 errors, 0 warnings, 0 notes' 'counts' || diag "$out"
exits 2 'nothing to do' "$verify"
exits 2 'an unknown option' "$verify" --frobnicate
exits 2 'a bad severity' "$verify" --fail-on=all a.c
exits 2 'a bad format' "$verify" --format=xml a.c
exits 2 'a bad percentage' "$verify" --min-coverage=101 a.c
exits 2 'no workers' "$verify" -j0 a.c
exits 2 'a missing file' "$verify" nowhere
like "$out" 'pctab-verify: nowhere: can.t open: No such file' 'and a message'
exits 2 'a missing file beside a broken table' "$verify" tree/lib/bad nowhere tree/bin/prog
like "$out" 'PM102' 'the others are verified all the same'
exits 0 '--version' "$verify" --version
exits 0 '--help' "$verify" --help
exits 1 '-q' "$verify" -q tree
is "$(printf '%s\n' "$out" | grep -vc ' error: ')" 0 '-q prints errors alone'
exits 0 '-q of a clean file' "$verify" -q tree/lib/latin
is "$out" '' 'says nothing'
if [ -e /dev/full ]; then
  "$verify" tree >/dev/full 2>err
  is $? 2 'standard output is full: exit 2'
fi

# Many files: the same bytes in the same order for any -j.
mkdir many
for i in $(seq 1 300); do
  case $((i % 5)) in
  0) cp tree/lib/bad many/f$i ;;
  1) cp tree/lib/latin many/f$i ;;
  2) cp tree/bin/plain many/f$i ;;
  3) cp a.c many/f$i ;;
  4) cp tree/lib/good many/f$i ;;
  esac
done
"$verify" -j1 many tree >one 2>&1
for j in 2 7; do
  "$verify" -j$j many tree >"more" 2>&1
  cmp one "more"
  ok $? "-j$j prints what -j1 does ($(wc -l <one) lines)"
done
"$verify" -j2 --format=json many tree >many.json
"$verify" -j1 --format=json many tree | cmp - many.json
ok $? '--format=json too'

# Overrides.
cat >overrides <<'X'
# comment

PM102 tree/lib/* beta
PM101 */bad
X
exits 0 '--overrides' "$verify" --overrides=overrides tree/lib/bad
like "$out" '0 errors.* 2 suppressed' 'both findings are suppressed'
echo 'PM105 */bad gamma*' >>overrides
exits 0 'an unused line' "$verify" --overrides=overrides -j2 tree
like "$out" '^overrides:5: warning: .*PM105 \*/bad gamma\* \[PV103\]$' 'is reported'
is "$(printf '%s\n' "$out" | grep -c PV103)" 1 'it alone, once'
exits 1 'an unused line with --fail-on=warning' "$verify" --fail-on=warning --overrides=overrides tree/lib/bad
echo 'PM102 */bad alpha' >other
exits 1 'of another function' "$verify" --overrides=other tree/lib/bad
for line in 'PM102' 'PX999 *' 'PM102 a b c'; do
  echo "$line" >wrong
  exits 2 "the line '$line'" "$verify" --overrides=wrong tree/lib/bad
  like "$out" 'wrong:1: ' 'names file and line'
done
exits 2 'no such overrides file' "$verify" --overrides=nowhere tree

# JSON.
"$verify" --format=json --overrides=overrides tree a.c nowhere >all.json 2>/dev/null
if python3 -c 'import jsonschema; jsonschema.Draft202012Validator' 2>/dev/null; then
  cat >schema.py <<'X'
import json, sys
from jsonschema import Draft202012Validator
schema = json.load (open (sys.argv[1]))
Draft202012Validator.check_schema (schema)
v = Draft202012Validator (schema)
files = findings = 0
for name in sys.argv[2:]:
    doc = json.load (open (name))
    v.validate (doc)
    files += len (doc["files"])
    findings += sum (len (f["findings"]) for f in doc["files"])
    s = doc["summary"]
    assert s["errors"] == sum (g["severity"] == "error" for f in doc["files"] for g in f["findings"]), s
    assert s["failed"] == sum (f["state"] == "failed" for f in doc["files"]), s
bad = 0
for change in ({"version": 2}, {"files": [{}]}, {"extra": 1}, {"summary": {}}, {"overrides_unused": [{"line": 0}]}):
    bad += not v.is_valid ({**doc, **change})
assert bad == 5, bad
print (files, "files,", findings, "findings are valid,", bad, "bad ones are not")
X
  run python3 schema.py "$tap_src/verify/verify.schema.json" all.json many.json
  ok "$status" 'as the schema says'
  diag "$out"
else
  skip 'as the schema says' "python3's jsonschema (4 or later) is not installed"
fi
"$verify" --format=json "$(printf 'no\377file"\\')" 2>/dev/null | grep -q '"no\\\\xfffile\\"\\\\\\\\"'
ok $? 'bytes that are no UTF-8, quotes and backslashes in a path'

# A worker that is killed costs its file, no other.
cp tree/lib/good victim
# One path 20,000 times: long enough to be hit.
victims=$(for _ in $(seq 1 20000); do echo victim; done)
# shellcheck disable=SC2086
"$verify" -j1 $victims tree/lib/bad >out 2>err &
pid=$!
for i in $(seq 1 100); do
  worker=$(ps -o pid= --ppid $pid 2>/dev/null | head -n 1 | tr -d ' ')
  [ -n "$worker" ] && break
  sleep 0.05
done
[ -n "$worker" ] && kill -KILL "$worker"
wait $pid
is $? 2 'a worker killed: exit 2'
like "$(cat err)" '^pctab-verify: victim: the verifier was ended by signal 9.*while it read it$' 'the message names the file'
is "$(wc -l <err)" 1 'one file alone'
grep -q 'PM102' out
ok $? 'the others are verified'

# One that takes too long costs itself too.
{
  printf '.macro one\n.type f\\@,@function\nf\\@: .cfi_startproc\nnop\nret\n.cfi_endproc\n.size f\\@,.-f\\@\n.endm\n'
  printf '.globl main\n.type main,@function\nmain: ret\n.size main,.-main\n.rept 100000\none\n.endr\n.section .note.GNU-stack,"",%%progbits\n'
} >large.s
# shellcheck disable=SC2086
if "$CC" large.s -o large $flags 2>err; then
  exits 2 'more time than allowed: exit 2' "$verify" -j1 --time-limit=0.01 tree/lib/good large tree/lib/bad
  like "$out" '^pctab-verify: large: it takes more than 0\.01 seconds of CPU time; --time-limit=SECONDS gives it more$' 'says so'
  like "$out" 'PM102' 'what comes after it is verified'
  exits 0 'with more time' "$verify" --time-limit=1000 large
  exits 0 'with no limit' "$verify" --time-limit=0 large
else
  skip 'a file that takes too long' "$(head -n 1 err)"
fi
for limit in -1 x '' nan 1e9; do
  exits 2 "--time-limit=$limit" "$verify" "--time-limit=$limit" large
done

# Progress is for terminals.
"$verify" many >/dev/null 2>err
is "$(wc -c <err)" 0 'no progress where there is no terminal'
if have script; then
  script -qec "$verify many" /dev/null 2>&1 </dev/null | grep -q 'files, .* tables: '
  ok $? 'progress on a terminal'
else
  skip 'progress on a terminal' 'script is not installed'
fi
done_testing
