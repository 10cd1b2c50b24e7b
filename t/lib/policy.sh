# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# For tests of the policy, after tap.sh: what it decides of each function of a file, before it is encoded.
# shellcheck disable=SC2154
printer=$tap_build/t/tool/model_print
[ -x "$printer" ] || skip_all "t/tool/model_print is not built in $tap_build"

# The flags of a link that leaves its list of inputs in the file "inputs".
cat >spy <<X
#!/bin/sh
for arg; do
  case \$arg in --inputs=*) cat "\${arg#--inputs=}" >"$PWD/inputs" ;; esac
done
exec "$pctab_link" "\$@"
X
chmod +x spy
# shellcheck disable=SC2034
# shellcheck disable=SC2154
spy_flags=$flags,-plugin-opt=link=$PWD/spy

# decide FILE [OPTION...]: each function's "NAME REASON", a line, into the file "reasons"; marks into "marks"; warnings
# into $out.
decide () {
  local file=$1
  shift
  out=$("$printer" policy "$@" "$file" 2>&1 >printed) || { diag "$out"; return 1; }
  sed -n '/^mark /p' printed >marks
  sed '/^mark /d' printed | awk '{ print $4, $3 }' | sort -u >reasons
}

# reason NAME: why; "-": it is preemptible; "none": no such function.
reason () {
  awk -v name="$1" '$1 == name { print $2; found = 1 } END { if (!found) print "none" }' reasons | sort -u | tr '\n' ' ' | sed 's/ $//'
}

# reasons_are WHAT NAME=REASON...: all of them in one check; says which differ.
reasons_are () {
  local what=$1 pair wrong=
  shift
  for pair; do
    [ "$(reason "${pair%%=*}")" = "${pair#*=}" ] || wrong="$wrong ${pair%%=*}: $(reason "${pair%%=*}"), not ${pair#*=};"
  done
  [ -z "$wrong" ]
  ok $? "$what ($# functions)"
  [ -z "$wrong" ] || diag "$wrong"
}

# preemptible: how many functions of "reasons" are.
preemptible () {
  grep -c ' -$' reasons
}
