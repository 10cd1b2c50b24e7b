/* SPDX-License-Identifier: MIT */
/* The numbers of FORMAT, for C, assembly and scripts: nothing but #define. */
#ifndef PCTAB_FORMAT_H
#define PCTAB_FORMAT_H

#define PCTAB_MAGIC "\177PCTAB\r\n"
#define PCTAB_MAGIC_LEN 8
#define PCTAB_VERSION 1 /* 0: a placeholder, unfinished */

/* The header.  Byte offsets. */
#define PCTAB_H_VERSION 8
#define PCTAB_H_SIZE 12       /* u32: bytes of the whole table */
#define PCTAB_H_HOT_SIZE 16   /* u32: bytes of header, directory and hot part: the cold part starts there */
#define PCTAB_H_MACHINE 20    /* u16: ELF e_machine */
#define PCTAB_H_CLASS 22      /* u8: 32 or 64 */
#define PCTAB_H_INSN 23       /* u8: bytes of an instruction unit: advances count these */
#define PCTAB_H_TEXT_DELTA 24 /* s64: address of text offset 0, minus the table's own */
#define PCTAB_H_HOT_DIGEST 32 /* u64: of [0, hot size) without this field: XXH64 of what follows it, seeded with that of
                                  what precedes it */
#define PCTAB_H_COLD_DIGEST 40 /* u64: XXH64 of [hot size, size) */
#define PCTAB_H_TEXT_DIGEST 48 /* u64: XXH64 of the executable sections, one after the other by address */
#define PCTAB_H_SP_UNIT 56    /* u8: bytes of a unit of CFA offset */
#define PCTAB_H_SHAPE_BITS 57 /* u8: low bits of a pcsp value that hold the shape */
#define PCTAB_H_ROW_SHIFT 58  /* u8: log2 of the bytes of a row's sixteenth */
#define PCTAB_H_FLAGS 59      /* u8: PCTAB_TABLE_* */
#define PCTAB_H_PART_CNT 60   /* u32: parts in the directory */
#define PCTAB_H_BYTES 64      /* then the directory: u32 offset, u32 bytes for each part */

/* Parts, in the order of the directory and of the file. */
#define PCTAB_P_BUILD_ID 0
#define PCTAB_P_RANGES 1
#define PCTAB_P_ROWS 2
#define PCTAB_P_FUNCTAB 3
#define PCTAB_P_LONGS 4
#define PCTAB_P_BLOCKS 5
#define PCTAB_P_CLASSES 6
#define PCTAB_P_SHAPES 7
#define PCTAB_P_SP_DICT 8
#define PCTAB_P_SP_STREAMS 9
#define PCTAB_P_HOT_CNT 10 /* those behind are cold */
#define PCTAB_P_STRING_INDEX 10
#define PCTAB_P_STRINGS 11
#define PCTAB_P_RECORD_INDEX 12
#define PCTAB_P_RECORDS 13
#define PCTAB_P_ORIGIN_INDEX 14
#define PCTAB_P_ORIGINS 15
#define PCTAB_P_LINE_CODES 16
#define PCTAB_P_LINES 17
#define PCTAB_P_CNT 18

/* The cold part. */
#define PCTAB_STORE_BYTES 12       /* of an index entry: key, offset, unpacked bytes */
#define PCTAB_STRING_BLOCK 16384   /* unpacked bytes after which a block of strings ends */
#define PCTAB_RECORD_BLOCK 4096    /* the same for function records */
#define PCTAB_ORIGIN_GROUP 64      /* origins for one entry of their index */
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

#define PCTAB_RANGE_BYTES 16
#define PCTAB_ROW_BYTES 20
#define PCTAB_ROW_SUBS 16
#define PCTAB_FUNCTAB_BYTES 6
#define PCTAB_LONG_BYTES 16
#define PCTAB_BLOCK_BYTES 12
#define PCTAB_CLASS_BYTES 12
#define PCTAB_SHAPE_BYTES 20

/* A function's record: pad (bytes before the next entry that are not its own), long flag, offset or index. */
#define PCTAB_REC_PAD_MASK 15
#define PCTAB_REC_PAD_MAX 15
#define PCTAB_REC_LONG 16
#define PCTAB_REC_SHIFT 5
#define PCTAB_LONG_BYTES_MIN 0xfff0 /* a function of this many bytes is always long and has no pad */
#define PCTAB_BLOCK_STEPS_MAX 48
#define PCTAB_PAGE_BYTES 65536

#define PCTAB_SHAPES_MAX 255        /* shapes of a module; rules beyond them are unknown */
#define PCTAB_CFA_OFF_MAX 0x7fffff /* CFA offsets beyond are unknown: values fit 32 bits */

/* A class's flags. */
#define PCTAB_FUNC_SIGNAL 1 /* a signal frame: its PC is no return address */
#define PCTAB_FUNC_TOP 2    /* the outermost frame: it has no caller */

#define PCTAB_SP_UNBOUNDED 0xffffffff

#endif
