#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
# Assembly for any 64-bit x86: marks.pl NAME FUNCTIONS MARKS [plain]: so many functions of so many marks each; plain: the
# same code without the marks.
use strict;
use warnings;
my ($name, $functions, $marks, $plain) = @ARGV;
print "\t.text\n";
for my $i (1 .. $functions) {
  my $f = "bench_$name\_$i";
  print "\t.globl $f\n\t.type $f,%function\n\t.p2align 4\n$f:\n\t.cfi_startproc\n\tpush %rbx\n\t.cfi_def_cfa_offset 16\n";
  for my $k (1 .. $marks) {
    my $l = "$i\_$k";
    print "\tmov %rdi,%rax\n.Lb$l:\n\tmov (%rdi),%rcx\n\tadd \$1,%rcx\n.Le$l:\n\tmov %rcx,(%rdi)\n";
    print "\t.pushsection .pcdata,\"o?\",\"progbits\",$f\n.Lr$l:\n\t.byte 1,2,8,0\n\t.4byte 24\n\t.8byte .Lb$l\n",
      "\t.4byte .Le$l-.Lb$l,", $k % 2 ? -2 : -3, "\n\t.popsection\n\t.reloc .Lb$l,BFD_RELOC_NONE,.Lr$l\n" if !$plain;
  }
  print "\tpop %rbx\n\t.cfi_def_cfa_offset 8\n\tret\n\t.cfi_endproc\n\t.size $f,.-$f\n";
}
print "\t.section .note.GNU-stack,\"\",%progbits\n";
