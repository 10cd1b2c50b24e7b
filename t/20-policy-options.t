#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# preempt=, exclude=, exclude-object=, exclude-archive=, tls=: what each does, that the plugin hands it on, what is said of
# an exclusion that matches nothing and of a value that is none.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
# shellcheck source=SCRIPTDIR/lib/policy.sh
. "$tap_src/t/lib/policy.sh"
FUNC='__attribute__ ((noinline, noclone))'
mkdir -p src lib
cat >main.c <<X
extern int alpha (int), beta (int), gamma_ (int), delta (int);
$FUNC static int hidden (int v) { return v + 5; }
int main (int argc, char **argv) { (void) argv; return alpha (argc) + beta (argc) + gamma_ (argc) + delta (hidden (argc)); }
X
printf '%s static int hidden (int v) { return v + 9; }\nint alpha (int v) { return hidden (v); }\n' "$FUNC" >src/alpha.c
printf '%s static int inner (int v) { return v * 3; }\nint beta (int v) { return inner (v); }\n' "$FUNC" >src/beta.c
printf 'int gamma_ (int v) { return v - 1; }\n' >src/gamma.c
printf 'int delta (int v) { return v - 2; }\n' >src/delta.c
"$CC" -O1 -c main.c && for f in alpha beta gamma delta; do "$CC" -O1 -c src/$f.c -o src/$f.o; done
ar rc lib/libgreek.a src/beta.o src/gamma.o && ar rcT lib/libthin.a src/delta.o
link () { "$CC" main.o src/alpha.o lib/libgreek.a lib/libthin.a -o prog "$@"; }
link $spy_flags
all='main=- alpha=- beta=- inner=- gamma_=- delta=-'

# shellcheck disable=SC2086
{
  decide prog inputs=inputs
  reasons_are 'nothing given' $all hidden=- _start=CRT
  decide prog inputs=inputs preempt=all
  reasons_are 'preempt=all' $all
  decide prog inputs=inputs preempt=none
  reasons_are 'preempt=none' ${all//=-/=NONE} _start=NONE
  decide prog preempt=none
  is "$(preemptible)" 0 'preempt=none needs no inputs'
  decide prog inputs=inputs preempt=marked
  reasons_are 'preempt=marked, and nothing is' ${all//=-/=UNMARKED} _start=UNMARKED
  decide prog inputs=inputs preempt=none preempt=all
  reasons_are 'the last preempt= counts' $all
}

# exclude CHANGES WHAT OPTION...
excludes () {
  local changes=$1 what=$2 wants=" $all "
  shift 2
  for name in $changes; do
    case $wants in *" $name=- "*) wants=${wants/ $name=- / $name=EXCLUDED } ;; *) wants="$wants$name=EXCLUDED " ;; esac
  done
  decide prog inputs=inputs "$@"
  # shellcheck disable=SC2086
  reasons_are "$what" $wants
  is "$out" '' "$what: no warning"
}
excludes alpha 'exclude=NAME' exclude=alpha
excludes 'alpha delta' 'exclude=GLOB' 'exclude=*l[pt]*a'
excludes 'alpha beta gamma_ delta inner hidden main' 'exclude=*' 'exclude=*'
excludes 'hidden' 'a local name: all that have it' exclude=hidden
excludes 'alpha beta' 'given twice' exclude=alpha exclude=beta
excludes 'alpha hidden' 'exclude-object=NAME' exclude-object=alpha.o exclude=hidden
excludes 'beta inner' "a member's name" exclude-object=beta.o
excludes 'gamma_' "a member's name, by a pattern" 'exclude-object=gam*'
excludes 'delta' "a thin archive's member" 'exclude-object=delta.o'
excludes 'delta' "a path" 'exclude-object=*src/del*.o'
excludes 'beta inner gamma_' 'exclude-archive=NAME' exclude-archive=libgreek.a
excludes 'beta inner gamma_' 'exclude-archive=PATH' 'exclude-archive=lib/*ee*'
excludes 'delta' 'a thin archive' exclude-archive=libthin.a
excludes 'alpha beta inner gamma_ delta' 'all kinds at once' exclude=alpha exclude-archive=libgreek.a exclude-object=delta.o
decide prog inputs=inputs exclude-object=alpha.o
is "$(grep -c '^hidden EXCLUDED' reasons) $(grep -c '^hidden -' reasons)" '1 1' 'exclude-object=: its local function, not that of the same name elsewhere'
decide prog exclude=beta
is "$(reason beta) $(reason alpha)" 'EXCLUDED -' 'exclude= needs no inputs'

# A compiler's clones and parts go with their function.
cat >clone.c <<X
extern void other (int) __attribute__ ((cold));
__attribute__ ((noinline)) static int cloned (int v, int k) { if (__builtin_expect (v > 5, 0)) { other (k); other (v); } return v * k; }
void other (int v) { (void) v; }
int main (int argc, char **argv) { (void) argv; return cloned (argc, 3) + cloned (argc + 1, 3); }
X
gcc -O2 -fno-ipa-pure-const -c clone.c && gcc clone.o -o clone $spy_flags
decide clone inputs=inputs exclude=cloned
is "$(grep -c '^cloned' reasons) $(grep '^cloned' reasons | grep -vc EXCLUDED)" "$(nm clone | grep -c ' cloned') 0" "exclude=cloned: $(nm clone | awk '/ cloned/ { print $3 }' | tr '\n' ' ')"

# What matches nothing.
link $spy_flags
decide prog inputs=inputs exclude=nothing exclude=alpha exclude-object=no.o exclude-archive=lib.a exclude-archive=libgreek.a
is "$out" 'pctab-link: warning: exclude=nothing matches nothing
pctab-link: warning: exclude-object=no.o matches nothing
pctab-link: warning: exclude-archive=lib.a matches nothing' 'an exclusion that matches nothing: a warning'
run link "$flags,-plugin-opt=exclude=nothing,-plugin-opt=exclude=alpha"
is "$status $out" '0 pctab-link: warning: exclude=nothing matches nothing' 'from the plugin: the same, and the link succeeds'
placed prog
ok $? 'and the table is in its place'

# The plugin hands on what it is given, in its order.
cat >echoing <<X
#!/bin/sh
for arg; do case \$arg in --inputs=*) echo --inputs ;; *) echo "\$arg" ;; esac; done >"$PWD/arguments"
X
chmod +x echoing
options='preempt=marked exclude=a* exclude=b exclude-object=c.o exclude-archive=libd.a tls=allow threads=2 lines=no require=lines stats'
link "$flags,-plugin-opt=link=$PWD/echoing$(printf ',-plugin-opt=%s' $options)"
is "$(cat arguments)" "$(printf -- '--%s\n' $options)
--inputs
--
prog" 'what the plugin is given, pctab-link gets'
# shellcheck disable=SC2046
link "$flags,-plugin-opt=link=$PWD/echoing$(printf ',-plugin-opt=exclude=%s' $(seq 1 300))"
is "$(grep -c exclude= arguments)" 300 '300 exclusions'

for option in preempt preempt= preempt=some tls tls=no tls= exclude exclude= exclude-object= exclude-archive=; do
  rm -f prog
  fails "$option is refused" "pctab: (unknown )?option '$option'" link "$flags,-plugin-opt=$option"
  [ ! -e prog ]
  ok $? "$option: no output"
done
fails 'a wrong value: the valid ones are named' "preempt=all, preempt=marked, preempt=none, exclude=GLOB, exclude-object=GLOB, exclude-archive=GLOB, tls=allow" \
  link "$flags,-plugin-opt=preempt=some"
fails 'inputs= is not for the plugin' "unknown option 'inputs=x'" link "$flags,-plugin-opt=inputs=x"
run "$pctab_link" --help
sed 's/\\-/-/g' "$tap_src/man/pctab-link.1" >page
for name in preempt=all preempt=marked preempt=none exclude= exclude-object= exclude-archive= tls=allow inputs=; do
  like "$out" "^ *--$name" "--help names --$name"
  grep -qF -- "$name" page
  ok $? "the manual page has $name"
done
done_testing
