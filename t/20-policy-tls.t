#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Functions that use thread-local data are not preemptible: every model on every machine, errno, pthread_getspecific, C++'s
# wrappers; the stack protector's canary does not count, nor does anything with tls=allow.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
# shellcheck source=SCRIPTDIR/lib/policy.sh
. "$tap_src/t/lib/policy.sh"
cat >a.c <<'X'
#include <errno.h>
#include <pthread.h>
#include <string.h>
#define MODEL(name) __attribute__ ((tls_model (name)))
#define FUNC __attribute__ ((noinline, noclone))
extern __thread int gd MODEL ("global-dynamic");
static __thread int ld1 MODEL ("local-dynamic"), ld2 MODEL ("local-dynamic");
extern __thread int ie MODEL ("initial-exec");
#ifndef SHARED
__thread int le MODEL ("local-exec");
FUNC int use_le (void) { return le; }
#endif
pthread_key_t key;
FUNC int use_gd (void) { return gd; }
FUNC int use_ld (void) { return ld1 + ld2; }
FUNC void set_ld (int v) { ld1 = ld2 = v; }
FUNC int use_ie (void) { return ie; }
FUNC void *address_gd (void) { return &gd; }
FUNC int use_errno (void) { return errno; }
FUNC void *use_specific (void) { return pthread_getspecific (key); }
static FUNC int local_gd (void) { return gd * 3; }
FUNC int calls_local (void) { return local_gd () + 1; }
FUNC int plain (int v) { return v * 3; }
FUNC int canary (const char *s) { char b[64]; strcpy (b, s); return b[3]; }
X
cat >b.c <<'X'
__thread int gd = 1, ie = 2;
X
cat >main.c <<'X'
extern int calls_local (void), canary (const char *), plain (int);
int main (int argc, char **argv) { (void) argc; return calls_local () + canary (*argv) + plain (1); }
X
users='use_gd=TLS use_ld=TLS set_ld=TLS use_ie=TLS address_gd=TLS use_errno=TLS use_specific=TLS local_gd=TLS'
others='calls_local=- plain=- canary=-'
cnt=0
# check WHAT CC LINKER-FLAGS CFLAGS...: compiles, links, compares.
check () {
  local what=$1 cc=$2 mode=$3 le=use_le=TLS
  shift 3
  rm -f prog ./*.o
  # shellcheck disable=SC2086
  if ! $cc "$@" -w -g -fasynchronous-unwind-tables -fstack-protector-all -c a.c b.c main.c 2>err; then
    skip "$what" "it does not compile: $(head -n 1 err)"
    return
  fi
  case $mode in *-shared*) le= ;; esac
  # shellcheck disable=SC2086
  run $cc $mode a.o b.o main.o -o prog $spy_flags
  [ "$status" = 0 ] || { ok 1 "$what: links"; diag "$out"; return; }
  decide prog inputs=inputs
  # shellcheck disable=SC2086
  reasons_are "$what" $users $le $others
  cnt=$((cnt + 1))
}
for triplet in x86_64 i686 aarch64 arm riscv64 s390x powerpc64le mipsel; do
  cc=$triplet-linux-gnu-gcc
  [ $triplet != arm ] || cc=arm-linux-gnueabihf-gcc
  have "$cc" || { skip "$triplet" "$cc is not installed"; continue; }
  check "$triplet gcc -fPIE" "$cc" -pie -O2 -fPIE
  check "$triplet gcc -fno-pie" "$cc" -no-pie -O2 -fno-pie
  check "$triplet gcc -fPIC -shared" "$cc" -shared -O2 -fPIC -DSHARED
  check "$triplet gcc -O0 -fPIC" "$cc" -pie -O0 -fPIC
  check "$triplet gcc -ffunction-sections" "$cc" '-pie -Wl,--gc-sections -Wl,-u,use_le,-u,use_gd,-u,use_ld,-u,set_ld,-u,use_ie,-u,address_gd,-u,use_errno,-u,use_specific' -O2 -fPIE -ffunction-sections
done
for dialect in x86_64:gnu2 i686:gnu2 aarch64:trad arm-linux-gnueabihf:gnu2; do
  cc=${dialect%:*}-linux-gnu-gcc
  [ "$cc" != arm-linux-gnueabihf-linux-gnu-gcc ] || cc=arm-linux-gnueabihf-gcc
  have "$cc" || { skip "$dialect" "$cc is not installed"; continue; }
  check "${dialect%:*} gcc -mtls-dialect=${dialect#*:} -shared" "$cc" -shared -O2 -fPIC -DSHARED "-mtls-dialect=${dialect#*:}"
done
if have clang; then
  for triplet in x86_64 i686 aarch64 arm riscv64 s390x powerpc64le mipsel; do
    target=$triplet-linux-gnu cc=$triplet-linux-gnu-gcc
    [ $triplet != arm ] || target=arm-linux-gnueabihf cc=arm-linux-gnueabihf-gcc
    have "$cc" || { skip "clang $triplet" "$cc is not installed"; continue; }
    check "$triplet clang -fPIE" "clang --target=$target" -pie -O2 -fPIE
    check "$triplet clang -fPIC -shared" "clang --target=$target" -shared -O2 -fPIC -DSHARED
  done
fi
diag "$cnt programs, 11 or 12 functions each"

"$CC" -O2 -c a.c b.c main.c
"$CC" a.o b.o main.o -o prog $spy_flags
decide prog inputs=inputs tls=allow
is "$(grep -c TLS reasons)" 0 'tls=allow: none is refused for it'
is "$(reason use_gd) $(reason use_errno)" '- -' 'tls=allow: they are preemptible'

cat >parts.c <<'X'
#include <errno.h>
extern void other (int) __attribute__ ((cold));
#define RARE(x) __builtin_expect (x, 0)
__attribute__ ((noinline)) int in_cold (int v) { if (RARE (v > 5)) { other (errno); other (v); } return v + 1; }
__attribute__ ((noinline)) int in_hot (int v) { int e = errno; if (RARE (v > 5)) { other (e); other (v); } return v + e; }
__attribute__ ((noinline)) int in_none (int v) { if (RARE (v > 5)) { other (3); other (v); } return v; }
int main (int argc, char **argv) { (void) argv; return in_cold (argc) + in_hot (argc) + in_none (argc); }
X
echo 'void other (int v) { (void) v; }' >other.c
gcc -O2 -c parts.c other.c && gcc parts.o other.o -o parts $spy_flags
decide parts inputs=inputs
if [ "$(reason in_cold.cold)" = none ]; then
  skip 'parts of a function' 'this compiler makes none'
else
  reasons_are 'both parts of a function, whichever uses it' in_cold=TLS in_cold.cold=TLS in_hot=TLS in_hot.cold=TLS in_none=- in_none.cold=-
fi

if have g++; then
  cat >w1.cc <<'X'
struct counter { int v; counter (); };
extern thread_local counter c;
__attribute__ ((noinline)) int use_wrapper () { return c.v; }
__attribute__ ((noinline)) int plain () { return 4; }
int main () { return use_wrapper () + plain (); }
X
  cat >w2.cc <<'X'
struct counter { int v; counter (); };
counter::counter () : v (3) {}
thread_local counter c;
X
  g++ -O2 -c w1.cc w2.cc && g++ w1.o w2.o -o w $spy_flags
  decide w inputs=inputs
  reasons_are "C++: a thread_local variable by its wrapper" _Z11use_wrapperv=TLS _Z5plainv=- main=-
fi

# Static functions of one name and one size in two files, only one of which uses it.
cat >s1.c <<'X'
__thread int t;
static __attribute__ ((noinline)) int same (int v) { return v + t; }
int one (int v) { return same (v); }
X
cat >s2.c <<'X'
static __attribute__ ((noinline)) int same (int v) { return v + 7; }
int two (int v) { return same (v); }
extern int one (int);
int main (int argc, char **argv) { (void) argv; return one (argc) + two (argc); }
X
"$CC" -O1 -fno-ipa-ra -ffunction-sections -c s1.c s2.c && "$CC" s1.o s2.o -o s $spy_flags
decide s inputs=inputs
is "$(grep -c '^same ' reasons) $(grep -c '^same TLS' reasons)" '2 1' 'static functions of one name: the one that uses it'
done_testing
