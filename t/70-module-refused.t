#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A file whose table is damaged, unfinished, of a later version or missing is refused with the reason, once, whether it
# was there from the start or came by dlopen(); the others are found as ever.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
# shellcheck source=SCRIPTDIR/lib/module.sh
. "$tap_src/t/lib/module.sh"
need pkg-config
built_library
need perl
cat >lib.c <<'X'
int fun (int v) { return v + 1; }
X
cat >prog.c <<'X'
#include <module.h>
#include <dlfcn.h>
extern int fun (int);
struct refused {
  const char *path;
  enum pctab_error error;
};
static bool
each (const struct pctab_module_info *info, void *arg)
{
  struct refused *r = arg;
  if (!strstr (info->path, r->path))
    return true;
  EXPECT (!info->module == !!info->error);
  r->error = info->error;
  return false;
}
int
main (int argc, char **argv)
{
  struct refused r = { .path = "/bad.so" };
  void *h = dlopen ("./bad.so", RTLD_NOW), *at = dlsym (h, "fun");
  EXPECT (h && at && look ((void *) main) == 2);
  int found = look (at);
  pctab_read_begin ();
  const struct pctab_modules *list = pctab_modules ();
  for (int i = 0; i < 100; i++)
    EXPECT (look (at) == found);
  EXPECT (pctab_modules () == list);
  pctab_read_end ();
  pctab_module_each (each, &r);
  printf ("%d %s\n", found, pctab_error_text (r.error));
  EXPECT (!dlclose (h));
  /* Another one is taken, also at the same place. */
  if (argc > 1)
    {
      h = dlopen (argv[1], RTLD_NOW);
      EXPECT (h && look (dlsym (h, "fun")) == 2);
    }
  return 0;
}
X
"$CC" -O1 -fPIC -shared lib.c -o good.so "$flags"
echo 'int fun (int v) { return v * 5; }' >other.c
"$CC" -O1 -fPIC -shared other.c -o other.so "$flags"
ok $? 'shared objects link'
"$CC" -g -O1 $include prog.c -o prog "$flags" $library
"$CC" -g -O1 $include prog.c -o start "$flags" ./bad.so $library 2>/dev/null || {
  cp good.so bad.so
  "$CC" -g -O1 $include prog.c -o start "$flags" -Wl,--no-as-needed ./bad.so $library; }
ok $? 'the programs link'
cat >edit.pl <<'X'
# edit.pl OFFSET HEX <good >bad: writes the bytes at that offset of the table; flip: changes one, whatever it is.
binmode STDIN; binmode STDOUT; local $/; $_ = <STDIN>;
my $at = index $_, "\177PCTAB\r\n"; $at = index $_, "\177PCTAB\r\n", $at + 1 while index ($_, "\177PCTAB\r\n", $at + 1) >= 0;
if ($ARGV[1] eq 'flip') { substr ($_, $at + $ARGV[0], 1) ^= "\xff" }
else { substr ($_, $at + $ARGV[0], length ($ARGV[1]) / 2) = pack 'H*', $ARGV[1] }
print;
X
cnt=0
# refused WHY PATTERN: ./bad.so is what it should be.
refused () {
  cnt=$((cnt + 1))
  run ./prog ./other.so
  like "$status $out" "^0 0 .*$2" "$1: refused when it comes, and a good one is taken: $out"
  run ./start
  like "$status $out" "^0 0 .*$2" "$1: refused at the start"
}
edit () {
  perl edit.pl "$2" "$3" <good.so >bad.so
  refused "$1" "$4"
}
edit 'a byte of the header' 64 flip 'digest of its header'
edit 'the hot digest' 32 flip 'digest of its header'
edit 'a later version' 8 63000000 'version this reader does not know'
edit 'unfinished' 8 00000000 'unfinished'
version=$(table_bytes good.so | perl -e 'binmode STDIN; local $/; $_ = <STDIN>; print unpack "H8", reverse substr $_, 8, 4')
edit 'the other byte order' 8 "$version" 'other byte order'
edit 'cut short' 12 ffffff7f 'cut short'
edit 'a size of 8' 12 08000000 'damaged|cut short|magic'
hot=$(table_bytes good.so | perl -e 'binmode STDIN; local $/; $_ = <STDIN>; print unpack "x80V"')
edit 'a byte of the hot part' "$hot" flip 'digest of its hot part'
edit 'no magic' 0 00 'no module table'
"$CC" -O1 -fPIC -shared lib.c -o bad.so
refused 'a file linked without' 'no module table'
"$CC" -O1 -fPIC -shared lib.c -o bad.so -Wl,--build-id=none
refused 'a file linked without, and without a build ID' 'no module table'
cp good.so bad.so
run ./prog
like "$status $out" '^0 2 no error' "and the good one is taken: $out"
diag "$cnt kinds of bad tables"
done_testing
