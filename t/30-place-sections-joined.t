#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Records that `ld -r` has joined can't be kept or dropped with their code: the link stops, names the object and says how
# it has to be made.  What was made so, or by ld.lld, is linked as if there had been no `ld -r`.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
need as ld ar
[ "$(uname -m)" = x86_64 ] || skip_all 'the cases are amd64 assembly'
unique='--unique=.pcdata --unique=.pcsp --unique=.pcln'

# function NAME LENGTH SECTION: with an unsafe mark, a frame and lines.
function_of () {
  cat <<X
	.section $3,"ax",%progbits
	function $1
	.cfi_startproc
	nop
.L$1:	.skip $2,0x90
.Le$1:	ret
	.cfi_endproc
.Lend$1: .size $1,.-$1
	mark .L$1 .Le$1 -2
	.reloc .L$1, BFD_RELOC_NONE, 771b
	record 16 .L$1 section=.pcsp
	.4byte .Lend$1-.L$1,0
	row 0 1 0 1 0 0 0 0 0 8 0 -8 0
	end
	.reloc .L$1, BFD_RELOC_NONE, 771b
	record 32 .L$1 section=.pcln
	.4byte .Lend$1-.L$1,4,0
	.asciz "$1.c"
	.4byte 0,0,1,$2
	end
	.reloc .L$1, BFD_RELOC_NONE, 771b
X
}
object () {
  local name=$1
  shift
  { echo '	.include "records.inc"'; for f; do
    # shellcheck disable=SC2086
    function_of $f
  done; echo '	.section .note.GNU-stack,"",%progbits'; } >$name.s
  as --64 -I "$tap_src/t/data/section" -o $name.o $name.s || exit 99
}
object ab 'a 1 .text.a' 'b 2 .text.b'
object c 'c 3 .text.c'
object text 'd 4 .text'
ld -r ab.o c.o text.o -o joined.o
# shellcheck disable=SC2086
ld -r $unique ab.o c.o text.o -o apart.o

# link OPTION...
link () { rm -f prog; run ld -o prog -T "$pctab_ld" -plugin "$pctab_so" "$@"; }
refused () {
  [ "$status" != 0 ] && [ ! -e prog ] && printf '%s\n' "$out" | grep -Eq "$1"
  ok $? "$2"
  [ "$status" != 0 ] || diag "$out"
}
words='ld -r has joined .* make the object with ld -r --unique=.pcdata --unique=.pcsp --unique=.pcln \(cc -r: pkg-config'
link -e a joined.o
refused "joined\\.o: \\.pc(data|sp|ln): $words" 'joined records'
link -e b --gc-sections joined.o
refused "joined\\.o: .*$words" 'joined records, with --gc-sections'
ar cr libjoined.a text.o joined.o
link -e a -u c libjoined.a
refused "libjoined\\.a\\(joined\\.o\\): .*$words" 'in an archive'
for section in .pcdata .pcsp .pcln; do
  others=$(for s in .pcdata .pcsp .pcln; do [ $s = $section ] || echo --unique=$s; done)
  # shellcheck disable=SC2086
  ld -r $others ab.o c.o -o one.o
  link -e a one.o
  refused "one\\.o: \\$section: ld -r has joined" "$section alone"
done

if have ld.lld; then
  # by_hand WHAT INPUT...: linked by ld.lld, whose inputs pctab-link is told.
  by_hand () {
    local what=$1
    shift
    "$pctab_link" --placeholder=place.o --like=text.o && rm -f prog
    ld.lld --gc-sections -T "$pctab_lld_ld" -o prog "$@" place.o --trace >inputs || exit 99
    run "$pctab_link" --inputs=inputs prog
  }
  by_hand joined -e a joined.o
  [ "$status" = 1 ] && printf '%s\n' "$out" | grep -Eq "joined\\.o: $words"
  ok $? 'ld.lld: joined records'
  by_hand archive -e a -u c libjoined.a
  [ "$status" = 1 ] && printf '%s\n' "$out" | grep -Eq "libjoined\\.a\\(joined\\.o\\): $words"
  ok $? 'ld.lld: in an archive'
  by_hand apart -e a apart.o
  is "$status" 0 'ld.lld: records that are apart'
else
  skip 'ld.lld' 'it is not installed'
fi

for how in apart lld same; do
  case $how in
  lld)
    have ld.lld || { skip 'ld.lld -r' 'ld.lld is not installed'; continue; }
    ld.lld -r ab.o c.o text.o -o $how.o
    ;;
  same) ld -r text.o -o $how.o ;; # one section of code: nothing to join
  esac
  for live in a b c d; do
    [ $how != same ] || live=d
    # Addresses move with the code that stays, so that the answers are compared, by function.
    for objects in $how.o 'ab.o c.o text.o'; do
      # shellcheck disable=SC2086
      link --gc-sections -e $live $objects
      [ "$status" = 0 ] || diag "$out"
      nm prog | sed -n 's/^\([0-9a-f]*\) T .$/0x\1/p' | while read -r pc; do
        for i in 0 1 2 3 4 5; do printf '0x%x\n' $((pc + i)); done
      done | "$pctab_dump" --lookup prog | sed 's/"pc":[^,]*,//; s/"entry":"[^"]*"//; s/"start":"[^"]*"//g' >"answers.${objects%% *}"
    done
    cmp "answers.$how.o" answers.ab.o && grep -q "\"$live.c" "answers.$how.o" && grep -q '"value":-2' "answers.$how.o"
    ok $? "$how: $live alone: $(wc -l <answers.ab.o) answers as without ld -r"
    [ $how != same ] || break
  done
done

succeeds '`ld -r` itself, under the plugin, is left alone' ld -r joined.o text.o -o again.o -T "$pctab_ld" -plugin "$pctab_so" -z muldefs
printf '\t.text\nx:\t.section .pcdata,"",%%progbits\n\t.8byte x,y\n\t.section .text.y,"ax",%%progbits\ny:\tnop\n\t.globl e\ne:\tnop\n' \
  | as --64 -o untied.o -
link -e e untied.o
like "$out" '\.pcdata: .*version' 'what is tied to nothing is not asked where it came from'
done_testing
