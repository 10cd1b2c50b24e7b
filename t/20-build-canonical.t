#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The same link gives the same bytes: again, on one thread or several, finished by the plugin or by pctab-link, in a file
# of another name.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
need perl cmp
CXX=${CXX:-g++}
have "$CXX" || skip_all "$CXX is not installed"
for i in 1 2 3 4 5 6 7 8; do
  cat >u$i.cc <<X
#include <algorithm>
#include <map>
#include <string>
#include <vector>
template <int N> struct part { static int sum (const std::vector<int> &v) { int s = N; for (int i : v) s += i * N; return s; } };
int unit$i (int n)
{
  std::map<int, std::string> m;
  std::vector<int> v;
  for (int i = 0; i < n; i++) { m[i * $i] = std::to_string (i); v.push_back (i ^ $i); }
  std::sort (v.begin (), v.end ());
  return part<$i>::sum (v) + part<3>::sum (v) + (int) m.size ();
}
X
  echo "int unit$i (int);" >>main.cc
done
echo 'int main (int argc, char **) { return unit1 (argc) + unit2 (argc) + unit3 (argc) + unit4 (argc) + unit5 (argc)
  + unit6 (argc) + unit7 (argc) + unit8 (argc); }' >>main.cc
printf '%s\n' main.cc u?.cc | xargs -P 2 -n 1 "$CXX" -O2 -g -c
ok $? '9 C++ units'
"$CXX" main.o u?.o -o first $flags && placed first
ok $? 'linked'
diag "$("$pctab_dump" --stats first | grep -E '^  (functions|table)')"

# same WHAT FLAG...: a link with these gives the first one's bytes.
same () {
  local what=$1
  shift
  rm -f again
  "$CXX" main.o u?.o -o again "$@" && cmp first again
  ok $? "$what: the same file, byte for byte"
}
same 'again' $flags
same 'and again' $flags
for threads in 1 2 3 8 32; do
  same "threads=$threads" $flags,-plugin-opt=threads=$threads
done
mkdir elsewhere
(cd elsewhere && "$CXX" ../main.o ../u?.o -o other $flags) && cmp first elsewhere/other
ok $? 'in another folder, under another name'
cp first forced
if "$pctab_link" --help 2>&1 | grep -q -- --force; then
  "$pctab_link" --force --threads=1 forced && table_bytes first >a && table_bytes forced >b && cmp a b
  ok $? 'made again by pctab-link: the same table'
fi
table_bytes first >a
sed -i 's/unit1 (argc)/unit1 (argc + 1)/' main.cc
"$CXX" -O2 -g -c main.cc && "$CXX" main.o u?.o -o changed $flags
table_bytes changed >b
cmp -s a b
is $? 1 'another program has another table'
done_testing
