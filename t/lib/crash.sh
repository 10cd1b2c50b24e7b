# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
# For tests of the crash handler; read after tap.sh and module.sh.
# shellcheck disable=SC2154
crash_src=$tap_src/t/data/signal
# Where marked lines are.
line_of () {
  grep -n "MARK $1 \*/" "$crash_src/crash.c" | cut -d: -f1
}

# crash SECONDS PROGRAM ARG...: $ended, and $said, its standard error.
# shellcheck disable=SC2034
crash () {
  ended=$(./status "$@")
  said=$(cat err)
  rm -f core core.*
}

# lines PATTERN...: $said has lines that match, in this order; @name@ stands for the number of a marked line.
lines () {
  local p
  for p; do
    while [[ $p =~ @([a-z_]+)@ ]]; do
      p=${p/"${BASH_REMATCH[0]}"/$(line_of "${BASH_REMATCH[1]}")}
    done
    printf '%s\n' "$p"
  done >patterns
  printf '%s\n' "$said" | awk 'NR == FNR { p[++n] = $0; next } i < n && $0 ~ p[i + 1] { i++ }
    END { if (i < n) { print "no line like: " p[i + 1]; exit 1 } }' patterns - >differ
}

# reports WHAT PATTERN...
reports () {
  local what=$1
  shift
  lines "$@"
  ok $? "$what"
  [ ! -s differ ] || diag "$(cat differ)" "$(printf "%s\n" "$said" | head -n 12)"
}

# silent WHAT
silent () {
  is "$said" '' "$1"
}

# library_for DIR CC FLAGS...: libpctab.a for another machine, in DIR.
library_for () {
  local dir=$1 f
  shift
  mkdir -p "$dir"
  for f in $(sed -n '/libpctab_la_SOURCES/,/[^\\]$/p' "$tap_src/runtime/Makefile.inc" | sed 's/[ \\]//g; s|^%D%|runtime|' |
    grep '\.c$'); do
    echo "$tap_src/$f"
  done >"$dir/sources"
  (cd "$dir" && xargs "$@" -c -O1 -pipe -std=gnu11 -D_GNU_SOURCE -fvisibility=hidden -I"$tap_src/include" \
    -I"$tap_src/symtab" -I"$tap_src/runtime" -pthread <sources && ar rc libpctab.a ./*.o)
}
