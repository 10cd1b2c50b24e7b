#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Outputs that are no plain file of one name: devices, links, other formats, what may not be written.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
echo 'int main (void) { return 0; }' >a.c
"$CC" -g -c a.c
printf '.globl _start\n_start: mov $60,%%eax\n xor %%edi,%%edi\n syscall\n.section .note.GNU-stack,"",@progbits\n' | as -o bare.o -

if [ "$(id -u)" = 0 ] && mknod null c 1 3 2>/dev/null && : 2>/dev/null >null; then
  succeeds '-o a null device, as root' "$CC" a.o -o null $flags
  is "$out" '' 'says nothing'
  [ -c null ]
  ok $? 'it is a device still'
  fails 'pctab-link on a device' 'not a regular file' "$pctab_link" null
  [ -c null ]
  ok $? 'it is a device still'
  fails '-o a null device, with a link that fails' 'no_such' "$CC" a.o -o null $flags -lno_such
  [ -c null ]
  ok $? 'it is a device still'
else
  skip '-o a null device, as root' 'not root, or no device nodes here'
fi
succeeds '-o /dev/null' "$CC" a.o -o /dev/null $flags
[ -c /dev/null ]
ok $? '/dev/null is a device still'

"$CC" a.o -o fresh $flags,-plugin-opt=link=/bin/true
cp fresh target && ln -s target symlink
succeeds 'pctab-link through a symbolic link' "$pctab_link" symlink
[ -L symlink ] && placed target && ./symlink
ok $? 'the link is kept, its target finished'
mkdir dir && cp fresh dir/target && ln -s ../dir/target dir/symlink && ln -s dir/symlink chain
succeeds 'pctab-link through two' "$pctab_link" chain
[ -L chain ] && [ -L dir/symlink ] && placed dir/target
ok $? 'both are kept, the target finished'
rm -f target symlink && ln -s target symlink && cp fresh target
succeeds 'ld -o a symbolic link' "$CC" a.o -o symlink $flags
placed symlink
ok $? 'the output is finished'
rm -f target && ln -sf nowhere dangling
fails 'pctab-link on a dangling link' "can't open: No such file" "$pctab_link" dangling

cp fresh one && ln one two
fails 'pctab-link on one of two hard links without the room' 'has other hard links' "$pctab_link" one
cmp one fresh && [ one -ef two ]
ok $? 'both are as they were'
"$CC" a.o -o roomy $flags,-plugin-opt=link=/bin/true,-plugin-opt=reserve=400000
cp roomy one3 && ln one3 two3
succeeds 'pctab-link on one of two hard links with the room' "$pctab_link" one3
[ one3 -ef two3 ] && placed two3 && ./two3
ok $? 'both names show the finished file'
cp fresh prog && ln -f prog other
succeeds 'ld over a hard link unlinks its own name' "$CC" a.o -o prog $flags
placed prog && cmp other fresh
ok $? 'the output is finished, the other name as it was'

cp fresh mode && chmod 0751 mode
[ "$(id -u)" = 0 ] && chown 12345:54321 mode
want=$(stat -c '%a %u %g' mode)
succeeds 'a file of another mode and owner' "$pctab_link" mode
is "$(stat -c '%a %u %g' mode)" "$want" 'keeps them'
(umask 077 && "$CC" a.o -o masked $flags)
is "$(stat -c %a masked)" 700 'umask 077 holds'

for format in binary srec ihex; do
  ld bare.o -o want.$format --oformat $format 2>/dev/null
  run ld bare.o -o raw --oformat $format -T "$pctab_ld" -plugin "$pctab_so"
  [ "$status" = 0 ] && [ -z "$out" ] && [ -s raw ] && [ "$(find . -name 'raw.pctab*' | wc -l)" = 0 ]
  ok $? "--oformat $format: left alone, in silence"
done

if [ "$(id -u)" = 0 ] && have setpriv; then
  chmod 755 "$tmp" && mkdir locked && cp fresh locked/prog && chmod 755 locked
  fails 'a folder that may not be written' "can't write a new file beside it: Permission denied" \
    setpriv --reuid=65534 --regid=65534 --clear-groups "$pctab_link" locked/prog
  cmp fresh locked/prog
  ok $? 'the file is as it was'
else
  skip 'a folder that may not be written' 'not root, or no setpriv'
fi
fails 'a file that is none' "can't open: No such file" "$pctab_link" none
mkdir folder
fails 'a folder' 'not a regular file' "$pctab_link" folder
# Cut off as soon as it is mapped.
cat >cut.c <<'X'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

void *mmap (void *at, size_t len, int prot, int flags, int fd, off_t off)
{
  void *(*real) (void *, size_t, int, int, int, off_t) = (void *(*) (void *, size_t, int, int, int, off_t)) dlsym (RTLD_NEXT, "mmap");
  void *p = real (at, len, prot, flags, fd, off);
  if (fd >= 0 && len > 65536)
    (void) !truncate (getenv ("CUT"), 4096);
  return p;
}
X
if [ -n "${SANITIZE:-}" ]; then
  skip 'a file that becomes shorter' 'nothing can be preloaded into a sanitized build'
else
  "$CC" -shared -fPIC cut.c -o cut.so -ldl
  for tool in "$pctab_link" "$pctab_dump"; do
    "$CC" a.o -o shorter "$flags" && head -c 300000 /dev/zero >>shorter
    fails "${tool##*/}: a file that becomes shorter" 'became shorter while it was read' env LD_PRELOAD="$PWD/cut.so" CUT="$PWD/shorter" "$tool" shorter
    is "$status" 1 'exit status 1'
  done
fi
mkfifo pipe
fails 'a pipe, which nobody writes to' 'not a regular file' timeout 10 "$pctab_link" pipe
fails 'pctab-dump on it' 'not a regular file' timeout 10 "$pctab_dump" pipe
: >empty
fails 'an empty file' 'it is empty' "$pctab_link" empty
echo text >text
fails 'a text' 'not an ELF file' "$pctab_link" text
fails 'an object' 'not a program or shared object' "$pctab_link" a.o
"$CC" a.o -o without
fails 'a program without a placeholder' 'has no .pctab section' "$pctab_link" without
head -c 3000 fresh >short
fails 'a truncated file' 'the file is truncated or damaged' "$pctab_link" short
cp fresh ./-name
succeeds 'a name that begins with a dash' "$pctab_link" -- -name
succeeds 'and as ld names it' ld bare.o -o -name2 -T "$pctab_ld" -plugin "$pctab_so"
placed ./-name && placed ./-name2
ok $? 'are finished'
done_testing
