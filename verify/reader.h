/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside the second reader: bytes in the table's order, and the stages.
 *
 * get_*() don't check: an offset comes from a part whose bounds the directory's stage proved, and its user says within
 * which.  Numbers of variable length are read through struct walk, which stops at its end. */
#ifndef PCTAB_VERIFY_READER_H
#define PCTAB_VERIFY_READER_H

#include <string.h>

#include "decoded.h"

static inline uint16_t
get_le16 (const unsigned char *p)
{
  return (uint16_t) (p[0] | p[1] << 8);
}

static inline uint16_t
get_u16 (const struct decoded *d, const unsigned char *p)
{
  return d->big ? (uint16_t) (p[0] << 8 | p[1]) : get_le16 (p);
}

static inline uint32_t
get_u32 (const struct decoded *d, const unsigned char *p)
{
  return d->big ? (uint32_t) p[0] << 24 | (uint32_t) p[1] << 16 | (uint32_t) p[2] << 8 | p[3]
                : (uint32_t) p[3] << 24 | (uint32_t) p[2] << 16 | (uint32_t) p[1] << 8 | p[0];
}

static inline uint64_t
get_u64 (const struct decoded *d, const unsigned char *p)
{
  uint64_t a = get_u32 (d, p), b = get_u32 (d, p + 4);
  return d->big ? a << 32 | b : b << 32 | a;
}

static inline const unsigned char *
part_bytes (const struct decoded *d, enum part_number part)
{
  return d->bytes + d->parts[part].off;
}

/* A cursor over bytes that have an end.  `bad` stays set. */
struct walk {
  const unsigned char *at, *end;
  bool bad;
  bool long_form; /* a number took more bytes than it needs */
};

static inline uint8_t
walk_u8 (struct walk *w)
{
  if (w->at >= w->end)
    {
      w->bad = true;
      return 0;
    }
  return *w->at++;
}

/* 1: up to 5 bytes of seven bits, least significant first. */
static inline uint32_t
walk_uvar (struct walk *w)
{
  /* Mostly it is one byte or two. */
  if (w->at < w->end && *w->at < 128)
    return *w->at++;
  if (w->end - w->at >= 2 && w->at[1] - 1u < 127)
    {
      w->at += 2;
      return (w->at[-2] & 127u) | (uint32_t) w->at[-1] << 7;
    }
  uint32_t v = 0;
  for (unsigned i = 0; i < 5; i++)
    {
      uint8_t byte = walk_u8 (w);
      if (i == 4 && byte > 15)
        break;
      v |= (uint32_t) (byte & 127) << (7 * i);
      if (!(byte & 128))
        {
          w->long_form |= i && !byte;
          return v;
        }
    }
  w->bad = true;
  return 0;
}

static inline uint32_t
unzigzag (uint32_t v)
{
  return v >> 1 ^ -(v & 1);
}

static inline uint32_t
walk_svar (struct walk *w)
{
  return unzigzag (walk_uvar (w));
}

/* The name of a part in messages. */
const char *pctab__part_name (enum part_number part);

/* A finding in part PART, at byte OFF of it, or at the code at text offset OFF.  False. */
#define FAULT_PART(d, check, part_, off_, ...)                                                                         \
  pctab__report_add ((d)->report, check,                                                                               \
                     WHERE_PART (pctab__part_name (part_), (d)->parts[part_].off + (uint64_t)(off_)), __VA_ARGS__)
#define FAULT_CODE(d, check, part_, off_, ...) \
  pctab__report_add ((d)->report, check, WHERE_PC (pctab__part_name (part_), (d)->base + (off_)), __VA_ARGS__)

/* CNT elements of SIZE bytes, zeroed; at least one.  NULL: memory is out, and D knows. */
void *pctab__decoded_alloc (struct decoded *d, size_t cnt, size_t size);
bool pctab__decoded_grow (struct decoded *d, void *at, size_t *cap, size_t need, size_t size);

uint64_t pctab__digest (const unsigned char *p, size_t len, uint64_t seed);

/* Stages.  False: a fault, which is reported, or memory is out. */
bool pctab__read_head (struct decoded *d, size_t len);
bool pctab__read_functab (struct decoded *d);
bool pctab__read_rules (struct decoded *d);
bool pctab__read_rows (struct decoded *d);
bool pctab__read_flags (struct decoded *d);
bool pctab__read_pcdata (struct decoded *d);
bool pctab__read_strings (struct decoded *d);
bool pctab__read_origins (struct decoded *d);
bool pctab__read_codes (struct decoded *d);
bool pctab__read_records (struct decoded *d);
bool pctab__read_reasons (struct decoded *d);

/* Unpacks the blocks of a store (7), those of part INDEX + 1, into *ARENA, one behind the other; block b is (*BLOCKS)[b].
 * Both are the caller's.  Records are packed without a dictionary; the others' are part INDEX + 2. */
struct store_block {
  uint32_t key;
  uint64_t off; /* in the arena */
  uint32_t len;
};
bool pctab__read_store (struct decoded *d, enum part_number index, unsigned char **arena, struct store_block **blocks,
                         uint32_t *cnt);

/* An offset list (5): CNT - 1 offsets, in units, to OFFSETS; from AT, which ends at END at the latest.  NULL: it is
 * malformed; else where it ends.  NEAR_ONLY: all are a byte and there is no count. */
#define LIST_ROWS_MAX 33
const unsigned char *pctab__read_offsets (const unsigned char *at, const unsigned char *end, uint32_t cnt,
                                          bool near_only, uint32_t offsets[LIST_ROWS_MAX]);

#endif
