# SPDX-License-Identifier: GPL-3.0-or-later
# Which symbols are functions.  Order: as in the symbol table, so the test sorts.
  .text
  .globl global_func, asm_label, at_end, "$odd name", absolute, elsewhere
  .weak weak_func
  .type global_func, @function
global_func:
  nop
  .size global_func, 4
  .type local_func, @function
local_func:
  nop
  .size local_func, 1
weak_func:
  nop
  .type weak_func, @function
  .type resolver, @gnu_indirect_function
  .globl resolver
resolver:
  nop
  .size resolver, 8
asm_label:
local_label:
  nop
"$odd name":
  nop
  .type object, @object
object:
  nop
  .globl "$d", "$x.1", ".Lglobal"
"$d":
"$x.1":
".Lglobal":
  nop
at_end:                                 # as the linker's _etext: no function, though .text_after begins here
  .section .text_after, "ax", @progbits
  .type after, @function
after:
  nop
  .type absolute, @function
  .set absolute, 0x401002
  .data
  .type elsewhere, @function
elsewhere:
  .byte 0
#= symbol 401000 4 1 2 global_func
#= symbol 401001 1 0 2 local_func
#= symbol 401002 0 2 2 weak_func
#= symbol 401003 8 1 10 resolver
#= symbol 401004 0 1 0 asm_label
#= symbol 401005 0 1 0 $odd name
#= symbol 401008 0 0 2 after
#= stat symbols 7
