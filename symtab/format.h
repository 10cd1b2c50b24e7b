/* SPDX-License-Identifier: MIT */
/* The numbers of FORMAT, for C, assembly and scripts: nothing but #define. */
#ifndef PCTAB_FORMAT_H
#define PCTAB_FORMAT_H

#define PCTAB_MAGIC "\177PCTAB\r\n"
#define PCTAB_MAGIC_LEN 8
#define PCTAB_VERSION 3 /* 0: a placeholder, unfinished */

/* The header.  Byte offsets. */
#define PCTAB_H_VERSION 8
#define PCTAB_H_SIZE 12       /* u32: bytes of the whole table */
#define PCTAB_H_HOT_SIZE 16   /* u32: bytes of header, directory and hot part: the cold part starts there */
#define PCTAB_H_MACHINE 20    /* u16: ELF e_machine */
#define PCTAB_H_CLASS 22      /* u8: 32 or 64 */
#define PCTAB_H_INSN 23       /* u8: bytes of an instruction unit: advances count these */
#define PCTAB_H_TEXT_DELTA 24 /* s64: address of text offset 0, minus the table's own */
#define PCTAB_H_HOT_DIGEST 32 /* u64: XXH64 of the hot parts behind the build ID */
#define PCTAB_H_COLD_DIGEST 40 /* u64: XXH64 of [hot size, size) */
#define PCTAB_H_TEXT_DIGEST 48 /* u64: XXH64 of the executable sections, one after the other by address */
#define PCTAB_H_SP_UNIT 56    /* u8: bytes of a unit of CFA offset */
#define PCTAB_H_SHAPE_BITS 57 /* u8: low bits of a pcsp value that hold the shape */
#define PCTAB_H_SLOT_SHIFT 58 /* u8: log2 of the bytes of code for one slot of the index */
#define PCTAB_H_FLAGS 59      /* u8: 0 */
#define PCTAB_H_PART_CNT 60   /* u32: parts in the directory */
#define PCTAB_H_HEAD_DIGEST 64 /* u64: of header, directory and build ID */
#define PCTAB_H_BYTES 72      /* then the directory: u32 offset, u32 bytes for each part */

/* Parts, in the order of the directory and of the file. */
#define PCTAB_P_BUILD_ID 0
#define PCTAB_P_RANGES 1
#define PCTAB_P_PAGES 2
#define PCTAB_P_SLOTS 3
#define PCTAB_P_FUNCTAB 4
#define PCTAB_P_LONGS 5
#define PCTAB_P_BLOCKS 6
#define PCTAB_P_VALUES 7
#define PCTAB_P_SHAPES 8
#define PCTAB_P_VALUE_LISTS 9
#define PCTAB_P_OFFSET_LISTS 10
#define PCTAB_P_NOPREEMPT 11 /* a bit for each functab entry; empty if none is set */
#define PCTAB_P_SPWRITE 12
#define PCTAB_P_ASM 13
#define PCTAB_P_TABLES 14 /* pcdata */
#define PCTAB_P_GROUPS 15
#define PCTAB_P_FUNCTIONS 16
#define PCTAB_P_TABLE_BLOCKS 17
#define PCTAB_P_TABLE_LISTS 18
#define PCTAB_P_HOT_CNT 19 /* those behind are cold */
#define PCTAB_P_STRING_INDEX 19
#define PCTAB_P_STRINGS 20
#define PCTAB_P_STRING_DICT 21
#define PCTAB_P_RECORD_INDEX 22
#define PCTAB_P_RECORDS 23
#define PCTAB_P_NODE_INDEX 24
#define PCTAB_P_NODES 25
#define PCTAB_P_NODE_DICT 26
#define PCTAB_P_ORIGIN_INDEX 27
#define PCTAB_P_ORIGINS 28
#define PCTAB_P_LINE_CODES 29
#define PCTAB_P_LINES 30
#define PCTAB_P_REASONS 31
#define PCTAB_P_CNT 32
#define PCTAB_P_COLD_CNT (PCTAB_P_CNT - PCTAB_P_HOT_CNT)

#define PCTAB_RANGE_BYTES 24 /* offset, end, first page, first entry, and what its lists count from: */
#define PCTAB_R_VALUES 16
#define PCTAB_R_OFFSETS 20
#define PCTAB_FUNCTAB_BYTES 8
#define PCTAB_LONG_BYTES 16
#define PCTAB_BLOCK_BYTES 12
#define PCTAB_SHAPE_BYTES 20
#define PCTAB_PAGE_BYTES 65536
#define PCTAB_SLOT_SHIFT_MIN 4
#define PCTAB_SLOT_SHIFT_MAX 16

/* A functab entry: bits of a u64. */
#define PCTAB_E_START_BITS 16 /* low bits of the start */
#define PCTAB_E_PAD_SHIFT 16  /* bytes before the next entry that are not its own */
#define PCTAB_E_PAD_MAX 15
#define PCTAB_E_KIND_SHIFT 20
#define PCTAB_E_KIND_MASK 7
#define PCTAB_E_KIND_GAP 0  /* nothing known from here on */
#define PCTAB_E_KIND_NEAR 1 /* a function with near offsets and narrow numbers alone */
#define PCTAB_E_KIND_FAR 2  /* any other that is not long */
#define PCTAB_E_KIND_LONG 3 /* a function in blocks */
#define PCTAB_E_KIND_CONT 4 /* the function of the entry before it goes on, in a new page; it is no long one */
#define PCTAB_E_VALUES_SHIFT 23 /* near, far: its value list's offset, halved */
#define PCTAB_E_VALUES_BITS 17
#define PCTAB_E_OFFSETS_SHIFT 40 /* and its offset list's, halved */
#define PCTAB_E_OFFSETS_BITS 24
#define PCTAB_E_LONG_SHIFT 32 /* long: its number */
#define PCTAB_LONG_BYTES_MIN 0xfff0 /* a function of this many bytes is always long */

/* A value list: two bytes, then a number of a value for each row.  First byte: rows, and whether numbers are wide.
 * Second byte: the row with the largest SP delta, and flags.  A long function has the same in two u16: rows has no
 * meaning, and the largest is the number of a value. */
#define PCTAB_V_HEAD_BYTES 2
#define PCTAB_V_ROWS 63
#define PCTAB_V_WIDE 64       /* of the first byte: numbers have two bytes, not one */
#define PCTAB_V_MAX_ROW 63    /* of the second byte */
#define PCTAB_V_UNBOUNDED 63  /* as largest row: there is no bound */
#define PCTAB_V_SIGNAL 64     /* a signal frame: its PC is no return address */
#define PCTAB_V_TOP 128       /* the outermost frame: it has no caller */

/* An offset list: the offsets of all rows but the first, in units from it.  Near ones have one byte.  Of a far function
 * or a block: u8 count of near ones, they, a byte to make it even, far ones of two bytes. */
#define PCTAB_O_NEAR_MAX 16
#define PCTAB_O_FAR_MAX 16
#define PCTAB_O_NEAR_END 256    /* units: smaller offsets are near */
#define PCTAB_O_FAR_END 0x10000
#define PCTAB_O_SLACK 64 /* readable bytes behind the lists */

#define PCTAB_SHAPES_MAX 255        /* shapes of a module; rules beyond them are unknown */
#define PCTAB_VALUES_MAX 65536      /* different values of a module; those beyond are unknown */
#define PCTAB_CFA_OFF_MAX 0x7fffff /* CFA offsets beyond are unknown: values fit 32 bits */

/* Flags: 64 entries a u64.  pcdata. */
#define PCTAB_TABLE_BYTES 8       /* number, first function */
#define PCTAB_GROUP_ENTRIES 64    /* functab entries for a group */
#define PCTAB_GROUP_BYTES 16      /* bits, bits set before, 0 */
#define PCTAB_TABLE_BLOCK_BYTES 8 /* a head: count, 0; a block: offset, list */
#define PCTAB_F_BLOCKS 0x80000000u /* of a pcdata function: it is the number of a head, not a list's offset */
#define PCTAB_L_ROWS 63           /* a pcdata list's first byte */
#define PCTAB_L_WIDTH_SHIFT 6     /* log2 of the bytes of a value, up to 2 */
#define PCTAB_L_HEAD_BYTES 1

/* pcdata tables and UnsafePoint's values. */
#define PCTAB_TABLE_UNSAFEPOINT 0
#define PCTAB_TABLE_STACKMAPINDEX 1
#define PCTAB_UNSAFEPOINT_SAFE (-1)
#define PCTAB_UNSAFEPOINT_UNSAFE (-2)
#define PCTAB_UNSAFEPOINT_RESTART1 (-3)
#define PCTAB_UNSAFEPOINT_RESTART2 (-4)
#define PCTAB_UNSAFEPOINT_RESTART_AT_ENTRY (-5)
#define PCTAB_RESTART_MAX 20 /* bytes of a restart range */

/* The cold part. */
#define PCTAB_STORE_BYTES 12       /* of an index entry: key, offset, unpacked bytes */
#define PCTAB_STRING_BLOCK 1024    /* unpacked bytes that a block of strings stays below, if it has more than one */
#define PCTAB_STRING_BLOCK_LONG 1536 /* the same where strings have PCTAB_STRING_LONG bytes on the average */
#define PCTAB_STRING_LONG 64
#define PCTAB_STRING_BLOCK_ALONE 2048 /* the same where names are more than PCTAB_STRING_ALONE times the origins and files */
#define PCTAB_STRING_ALONE 16
#define PCTAB_RECORD_BLOCK 512     /* bytes after which a block of function records ends */
#define PCTAB_NODE_BLOCK 1024      /* unpacked bytes of a block of nodes, but the last */
#define PCTAB_ORIGIN_GROUP 16      /* origins for one entry of their index */
#define PCTAB_CHUNK_STEPS 128      /* line steps in a chunk */
#define PCTAB_DEPTH_MAX 64         /* inlined calls around one PC; a deeper one stands for those in it */
#define PCTAB_CODE_BITS_MAX 15     /* of a line code */

/* A function record's flags. */
#define PCTAB_R_HOT 1      /* its bounds are those of the next function of the functab */
#define PCTAB_R_NAMED 2    /* it has the next name */
#define PCTAB_R_LINES 4    /* it has lines */
#define PCTAB_R_SAME_FILE 8 /* its file is that of the record before it */
#define PCTAB_R_NODES 16   /* it has inlined calls */
#define PCTAB_R_CHUNKS 32  /* its lines are in chunks */

/* What a line step does with the list of positions. */
#define PCTAB_OP_RECENT_MAX 9 /* 0 .. 8: go to a position left so many positions ago */
#define PCTAB_OP_ENTER 9      /* .. 11: enter the first, second, third node after the highest one visited */
#define PCTAB_OP_ENTER_MAX 3
#define PCTAB_OP_GOTO 12      /* any node and file: they follow */
#define PCTAB_OP_ZERO 13      /* no line from here on */
#define PCTAB_OP_ESCAPE 14    /* another op and a change of any size follow */
#define PCTAB_OP_END 15       /* of a stream or chunk */

#endif
