#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
# Assembly for any 64-bit x86: marks.pl NAME FUNCTIONS MARKS [KIND]: so many functions of so many marks each, each mark a
# record as <pctab/asm.h> writes it; values: all of a function in one record, as a compiler would; plain: the same code
# without.
use strict;
use warnings;
my ($name, $functions, $marks, $kind) = (@ARGV, '');
print "\t.text\n";
for my $i (1 .. $functions) {
  my $f = "bench_$name\_$i";
  print "\t.globl $f\n\t.type $f,%function\n\t.p2align 4\n$f:\n\t.cfi_startproc\n\tpush %rbx\n\t.cfi_def_cfa_offset 16\n";
  for my $k (1 .. $marks) {
    my $l = "$i\_$k";
    print "\tmov %rdi,%rax\n.Lb$l:\n\tmov (%rdi),%rcx\n\tadd \$1,%rcx\n.Le$l:\n\tmov %rcx,(%rdi)\n";
    print "\t.pushsection .pcdata,\"o?\",\"progbits\",$f\n.Lr$l:\n\t.byte 1,2,8,0\n\t.4byte 24\n\t.8byte .Lb$l\n",
      "\t.4byte .Le$l-.Lb$l,", $k % 2 ? -2 : -3, "\n\t.popsection\n\t.reloc .Lb$l,BFD_RELOC_NONE,.Lr$l\n" if !$kind;
  }
  if ($kind eq 'values') {
    print "\t.pushsection .pcdata,\"o?\",\"progbits\",$f\n.Lr$i:\n\t.byte 1,1,8,0\n\t.4byte ", 20 + 16 * $marks - 8,
      "\n\t.8byte .Lb$i\_1\n\t.4byte 0\n";
    for my $k (1 .. $marks) {
      my ($l, $next) = ("$i\_$k", "$i\_" . ($k + 1));
      print "\t.4byte .Le$l-.Lb$l,", $k % 2 ? -2 : -3, "\n";
      print "\t.4byte .Lb$next-.Le$l,-1\n" if $k < $marks;
    }
    print "\t.popsection\n\t.reloc .Lb$i\_1,BFD_RELOC_NONE,.Lr$i\n";
  }
  print "\tpop %rbx\n\t.cfi_def_cfa_offset 8\n\tret\n\t.cfi_endproc\n\t.size $f,.-$f\n";
}
print "\t.section .note.GNU-stack,\"\",%progbits\n";
