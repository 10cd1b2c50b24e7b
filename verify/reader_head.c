/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FORMAT, 2: header and directory. */
#include "reader.h"

#include <inttypes.h>

static const char *const part_names[PART_CNT]
    = { "build ID",     "ranges",       "pages",         "slots",         "functab",          "longs",
        "blocks",       "values",       "shapes",        "value lists",   "offset lists",     "not preemptible",
        "writes SP",    "assembly",     "pcdata tables", "pcdata groups", "pcdata functions", "pcdata blocks",
        "pcdata lists", "string index", "strings",       "string dictionary", "record index", "records",
        "node index",   "nodes",        "node dictionary", "origin index", "origins",          "line codes",
        "lines",        "reasons" };

/* Bytes of an element; those of 1 have any length. */
static const uint8_t part_sizes[PART_CNT] = {
  [PART_BUILD_ID] = 1, [PART_RANGES] = 24, [PART_PAGES] = 4, [PART_SLOTS] = 2, [PART_FUNCTAB] = 8, [PART_LONGS] = 16,
  [PART_BLOCKS] = 12, [PART_VALUES] = 4, [PART_SHAPES] = 20, [PART_VALUE_LISTS] = 1, [PART_OFFSET_LISTS] = 1,
  [PART_NOT_PREEMPTIBLE] = 8, [PART_WRITES_SP] = 8, [PART_ASSEMBLY] = 8, [PART_PCDATA_TABLES] = 8,
  [PART_PCDATA_GROUPS] = 16, [PART_PCDATA_FUNCTIONS] = 4, [PART_PCDATA_BLOCKS] = 8, [PART_PCDATA_LISTS] = 1,
  [PART_STRING_INDEX] = 12, [PART_STRINGS] = 1, [PART_STRING_DICTIONARY] = 1, [PART_RECORD_INDEX] = 12,
  [PART_RECORDS] = 1, [PART_NODE_INDEX] = 12, [PART_NODES] = 1, [PART_NODE_DICTIONARY] = 1, [PART_ORIGIN_INDEX] = 4,
  [PART_ORIGINS] = 1, [PART_LINE_CODES] = 2, [PART_LINES] = 1, [PART_REASONS] = 1
};

const char *
pctab__part_name (enum part_number part)
{
  return part_names[part];
}

static bool
fault (struct decoded *d, enum check_id check, uint64_t off, const char *what)
{
  return pctab__report_add (d->report, check, WHERE_PART ("header", off), "%s", what);
}

/* Magic, version, and with it the byte order. */
static bool
read_order (struct decoded *d, size_t len)
{
  static const unsigned char magic[8] = { 0x7f, 'P', 'C', 'T', 'A', 'B', '\r', '\n' };
  if (len < 16)
    return pctab__report_add (d->report, CHECK_SIZE, WHERE_PART ("header", 0), "there are %zu bytes, a header has %d",
                              len, HEADER_BYTES);
  if (memcmp (d->bytes, magic, sizeof magic))
    return fault (d, CHECK_MAGIC, 0, "its first bytes are others");
  uint32_t version = get_u32 (d, d->bytes + 8);
  if (!version)
    return fault (d, CHECK_UNFINISHED, 8, "its version is 0; run pctab-link on the file, or link it again");
  d->big = version == (uint32_t) TABLE_VERSION << 24;
  if (version != TABLE_VERSION && !d->big)
    return pctab__report_add (d->report, CHECK_VERSION, WHERE_PART ("header", 8), "the version is %" PRIu32 ", not %d",
                              version < 1u << 24 ? version : version >> 24, TABLE_VERSION);
  return true;
}

static bool
read_sizes (struct decoded *d, size_t len)
{
  uint32_t size = get_u32 (d, d->bytes + 12);
  if (len > UINT32_MAX)
    len = UINT32_MAX;
  if (size > len)
    return pctab__report_add (d->report, CHECK_SIZE, WHERE_PART ("header", 12),
                              "the header says %" PRIu32 " bytes, there are "
                              "%zu",
                              size, len);
  if (size < HEADER_BYTES + DIRECTORY_BYTES || size > INT32_MAX)
    return pctab__report_add (d->report, CHECK_SIZE, WHERE_PART ("header", 12), "a table can't have %" PRIu32 " bytes",
                              size);
  d->len = size;
  d->hot_len = get_u32 (d, d->bytes + 16);
  return true;
}

static void
read_fields (struct decoded *d)
{
  const unsigned char *p = d->bytes;
  d->machine = get_u16 (d, p + 20);
  d->class = p[22];
  d->insn = p[23];
  d->text_delta = get_u64 (d, p + 24);
  d->hot_digest = get_u64 (d, p + 32);
  d->cold_digest = get_u64 (d, p + 40);
  d->text_digest = get_u64 (d, p + 48);
  d->sp_unit = p[56];
  d->shape_bits = p[57];
  d->slot_shift = p[58];
  d->head_digest = get_u64 (d, p + 64);
  d->base = d->addr + d->text_delta;
  for (unsigned i = 0; i < PART_CNT; i++)
    {
      d->parts[i].off = get_u32 (d, p + HEADER_BYTES + 8 * i);
      d->parts[i].len = get_u32 (d, p + HEADER_BYTES + 8 * i + 4);
    }
}

/* Where part 1 starts is believed after the head digest alone, but must be in bounds for it. */
static bool
check_digests (struct decoded *d)
{
  uint32_t r = d->parts[PART_RANGES].off;
  if (d->hot_len > d->len || r < HEADER_BYTES + DIRECTORY_BYTES || r > d->hot_len)
    return pctab__report_add (d->report, CHECK_HEAD_DIGEST, WHERE_PART ("header", 64),
                              "the ranges would start at %#" PRIx32 ", the hot part end at %#" PRIx32, r, d->hot_len);
  uint64_t seed = pctab__digest (d->bytes, 64, 0);
  if (pctab__digest (d->bytes + HEADER_BYTES, r - HEADER_BYTES, seed) != d->head_digest)
    return fault (d, CHECK_HEAD_DIGEST, 64, "header, directory or build ID have another digest");
  if (pctab__digest (d->bytes + r, d->hot_len - r, 0) != d->hot_digest)
    return pctab__report_add (d->report, CHECK_HOT_DIGEST, WHERE_PART ("header", 32),
                              "the %" PRIu32 " bytes from %#" PRIx32 " on have another digest", d->hot_len - r, r);
  return true;
}

static bool
check_fields (struct decoded *d)
{
  const unsigned char *p = d->bytes;
  if (d->class != 32 && d->class != 64)
    return fault (d, CHECK_HEADER, 22, "the class is neither 32 nor 64");
  if (d->insn != 1 && d->insn != 2 && d->insn != 4)
    return fault (d, CHECK_HEADER, 23, "the unit of code is not 1, 2 or 4 bytes");
  if (!d->sp_unit || (d->sp_unit & (d->sp_unit - 1)))
    return fault (d, CHECK_HEADER, 56, "the SP unit is no power of two");
  if (d->shape_bits > 8)
    return fault (d, CHECK_HEADER, 57, "a shape's number has more than 8 bits");
  if (d->slot_shift < 4 || d->slot_shift > 16)
    return fault (d, CHECK_HEADER, 58, "the slot shift is not 4 to 16");
  if (p[59])
    return fault (d, CHECK_HEADER, 59, "a reserved byte is not 0");
  if (get_u32 (d, p + 60) != PART_CNT)
    return fault (d, CHECK_HEADER, 60, "the table does not have 28 parts");
  if (d->addr && (d->base % 65536 || (d->class == 32 && d->base > UINT32_MAX)))
    return pctab__report_add (d->report, CHECK_TEXT_BASE, WHERE_PART ("header", 24), "text offset 0 is at %#" PRIx64,
                              d->base);
  return true;
}

static bool
is_zero (const unsigned char *p, const unsigned char *end)
{
  while (p < end && !*p)
    p++;
  return p >= end;
}

/* Parts in order, aligned, on their side of the hot size, of whole elements, and nothing but 0 between them. */
static bool
check_parts (struct decoded *d)
{
  uint64_t end = HEADER_BYTES + DIRECTORY_BYTES;
  for (unsigned i = 0; i < PART_CNT; i++)
    {
      const struct dec_part *p = &d->parts[i];
      uint64_t limit = i < PART_HOT_CNT ? d->hot_len : d->len, stop = (uint64_t) p->off + p->len;
      struct where where = WHERE_PART ("directory", HEADER_BYTES + 8 * i);
      if (i == PART_HOT_CNT && !is_zero (d->bytes + end, d->bytes + d->hot_len))
        return pctab__report_add (d->report, CHECK_FILL, where, "a byte behind the hot parts is not 0");
      if (i == PART_HOT_CNT)
        end = d->hot_len;
      if (p->off % 8 || p->off < end || stop > limit)
        return pctab__report_add (d->report, CHECK_DIRECTORY, where,
                                  "part %u, %s, is at %#" PRIx32 ", %" PRIu32 " bytes: allowed is %#" PRIx64
                                  " to %#" PRIx64,
                                  i, part_names[i], p->off, p->len, end, limit);
      if (p->len % part_sizes[i])
        return pctab__report_add (d->report, CHECK_DIRECTORY, where,
                                  "part %u, %s, has %" PRIu32 " bytes, elements have %u", i, part_names[i], p->len,
                                  part_sizes[i]);
      if (!is_zero (d->bytes + end, d->bytes + p->off))
        return pctab__report_add (d->report, CHECK_FILL, where, "a byte before part %u, %s, is not 0", i,
                                  part_names[i]);
      end = stop;
    }
  if (!is_zero (d->bytes + end, d->bytes + d->len))
    return pctab__report_add (d->report, CHECK_FILL, WHERE_PART ("directory", end),
                              "a byte behind the last part is not 0");
  return true;
}

bool
pctab__read_head (struct decoded *d, size_t len)
{
  if (!read_order (d, len) || !read_sizes (d, len))
    return false;
  read_fields (d);
  return check_digests (d) && check_fields (d) && check_parts (d);
}
