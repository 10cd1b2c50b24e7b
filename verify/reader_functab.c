/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FORMAT, 3 and 4: ranges, pages, slots, functab, longs; and the functions that they make. */
#include "reader.h"

#include <inttypes.h>

#define PAGE 65536u
#define LONG_FROM 65520u

static bool
read_ranges (struct decoded *d)
{
  const unsigned char *p = part_bytes (d, PART_RANGES);
  uint64_t end = 0, page = 0;
  d->range_cnt = d->parts[PART_RANGES].len / 24;
  d->page_cnt = d->parts[PART_PAGES].len / 4;
  d->entry_cnt = d->parts[PART_FUNCTAB].len / 8;
  d->ranges = pctab__decoded_alloc (d, d->range_cnt, sizeof *d->ranges);
  if (!d->ranges)
    return false;
  for (uint32_t i = 0; i < d->range_cnt; i++, p += 24)
    {
      struct dec_range *r = &d->ranges[i];
      *r = (struct dec_range) { .off = get_u32 (d, p), .end = get_u32 (d, p + 4), .page = get_u32 (d, p + 8),
                                .entry = get_u32 (d, p + 12), .values = get_u32 (d, p + 16),
                                .offsets = get_u32 (d, p + 20) };
      if (r->off % PAGE || r->off < end || r->end <= r->off)
        return FAULT_PART (d, CHECK_RANGES, PART_RANGES, 24 * i, "range %" PRIu32 " is [%#" PRIx32 ", %#" PRIx32 ")", i,
                           r->off, r->end);
      r->page_cnt = (r->end - r->off + PAGE - 1) / PAGE;
      if (r->page != page)
        return FAULT_PART (d, CHECK_RANGES, PART_RANGES, 24 * i + 8,
                           "range %" PRIu32 "'s first page is %" PRIu32 ", not %" PRIu64, i, r->page, page);
      if (r->values % 2 || r->offsets % 2)
        return FAULT_PART (d, CHECK_RANGES, PART_RANGES, 24 * i + 16, "range %" PRIu32 " counts lists from an odd byte",
                           i);
      if (i ? r->entry <= r[-1].entry + 1 : r->entry != 0)
        return FAULT_PART (d, CHECK_RANGES, PART_RANGES, 24 * i + 12, "range %" PRIu32 "'s first entry is %" PRIu32, i,
                           r->entry);
      if (i)
        r[-1].entry_cnt = r->entry - r[-1].entry;
      end = r->end;
      page += r->page_cnt;
    }
  if (page != d->page_cnt)
    return FAULT_PART (d, CHECK_RANGES, PART_PAGES, 0, "the ranges have %" PRIu64 " pages, part 2 %" PRIu32, page,
                       d->page_cnt);
  struct dec_range *last = d->range_cnt ? &d->ranges[d->range_cnt - 1] : NULL;
  if (last ? (uint64_t) last->entry + 2 > d->entry_cnt : d->entry_cnt != 0)
    return FAULT_PART (d, CHECK_RANGES, PART_FUNCTAB, 0,
                       "the functab has %" PRIu32 " entries, which the ranges contradict", d->entry_cnt);
  if (last)
    last->entry_cnt = d->entry_cnt - last->entry;
  return true;
}

/* The kind of an entry and its bits. */
static bool
read_entry (struct decoded *d, uint32_t i)
{
  struct dec_entry *e = &d->entries[i];
  e->bits = get_u64 (d, part_bytes (d, PART_FUNCTAB) + 8 * (uint64_t) i);
  e->pad = e->bits >> 16 & 15;
  e->kind = e->bits >> 20 & 7;
  e->func = NONE;
  if (e->kind > KIND_GOES_ON)
    return FAULT_PART (d, CHECK_FUNCTAB_ENTRY, PART_FUNCTAB, 8 * (uint64_t)i, "entry %" PRIu32 " is of kind %u", i,
                       e->kind);
  uint64_t rest = e->kind == KIND_GAP || e->kind == KIND_GOES_ON ? e->bits >> 23
                  : e->kind == KIND_LONG                         ? e->bits >> 23 & 0x1ff
                                                                 : 0;
  if (rest)
    return FAULT_PART (d, CHECK_FUNCTAB_ENTRY, PART_FUNCTAB, 8 * (uint64_t)i,
                       "entry %" PRIu32 ", of kind %u, has bits %#" PRIx64 " that mean nothing", i, e->kind,
                       rest << 23);
  if (e->kind == KIND_GAP && e->pad)
    return FAULT_PART (d, CHECK_FUNCTAB_PAD, PART_FUNCTAB, 8 * (uint64_t)i, "entry %" PRIu32 " is a gap and has a pad",
                       i);
  return true;
}

/* The entries of one page, [from, to): the first where the page starts. */
static bool
read_page (struct decoded *d, const struct dec_range *r, uint32_t page_off, uint32_t from, uint32_t to)
{
  for (uint32_t i = from; i < to; i++)
    {
      struct dec_entry *e = &d->entries[i];
      if (!read_entry (d, i))
        return false;
      uint32_t start = e->bits & 0xffff;
      e->off = page_off + start;
      if (i == from && start)
        return FAULT_PART (d, CHECK_PAGES, PART_PAGES, 4 * ((uint64_t) r->page + (page_off - r->off) / PAGE),
                           "its entry %" PRIu32 " starts at %#" PRIx32 " of the page", i, start);
      if (i > from && e->off <= e[-1].off)
        return FAULT_PART (d, CHECK_FUNCTAB_ORDER, PART_FUNCTAB, 8 * (uint64_t) i,
                           "entry %" PRIu32 " starts at %#" PRIx64 ", the one before at %#" PRIx64, i, d->base + e->off,
                           d->base + e[-1].off);
      if (e->off >= r->end)
        return FAULT_PART (d, CHECK_FUNCTAB_ORDER, PART_FUNCTAB, 8 * (uint64_t) i,
                           "entry %" PRIu32 " starts at %#" PRIx64 ", behind its range", i, d->base + e->off);
      if (i > from && e->kind == KIND_GAP && e[-1].kind == KIND_GAP)
        return FAULT_PART (d, CHECK_GAP_JOINED, PART_FUNCTAB, 8 * (uint64_t) i, "entries %" PRIu32 " and %" PRIu32
                           " are both gaps", i - 1, i);
    }
  return true;
}

static bool
read_range_entries (struct decoded *d, const struct dec_range *r)
{
  const unsigned char *pages = part_bytes (d, PART_PAGES);
  uint32_t last = r->entry + r->entry_cnt - 1; /* the gap at the end */
  for (uint32_t i = 0; i < r->page_cnt; i++)
    {
      uint32_t from = get_u32 (d, pages + 4 * ((uint64_t) r->page + i));
      uint32_t to = i + 1 < r->page_cnt ? get_u32 (d, pages + 4 * ((uint64_t) r->page + i + 1)) : last;
      if ((i ? from <= r->entry : from != r->entry) || from >= to || to > last)
        return FAULT_PART (d, CHECK_PAGES, PART_PAGES, 4 * ((uint64_t)r->page + i),
                           "it names entry %" PRIu32 ", the next page's is %" PRIu32 "; the range has %" PRIu32
                           " to %" PRIu32,
                           from, to, r->entry, last);
      if (i + 1 < r->page_cnt && get_u16 (d, part_bytes (d, PART_FUNCTAB) + 8 * (uint64_t) to + (d->big ? 6 : 0)))
        return FAULT_PART (d, CHECK_PAGES, PART_PAGES, 4 * ((uint64_t) r->page + i + 1),
                           "its entry %" PRIu32 " does not start where the page does", to);
      if (!read_page (d, r, r->off + i * PAGE, from, to))
        return false;
    }
  struct dec_entry *gap = &d->entries[last];
  if (!read_entry (d, last))
    return false;
  gap->off = r->end;
  if (gap->kind != KIND_GAP || (gap->bits & 0xffff) != (r->end & 0xffff))
    return FAULT_PART (d, CHECK_FUNCTAB_ORDER, PART_FUNCTAB, 8 * (uint64_t)last,
                       "the range's last entry, %" PRIu32 ", is not a gap at its end, %#" PRIx64, last,
                       d->base + r->end);
  return true;
}

/* Slots name the last entry of their page that starts before their end; the gap that ends a range is none of a page. */
static bool
check_slots (struct decoded *d, const struct dec_range *r)
{
  const unsigned char *pages = part_bytes (d, PART_PAGES), *slots = part_bytes (d, PART_SLOTS);
  uint32_t per_page = PAGE >> d->slot_shift, last = r->entry + r->entry_cnt - 1;
  for (uint32_t i = 0; i < r->page_cnt; i++)
    {
      uint32_t first = get_u32 (d, pages + 4 * ((uint64_t) r->page + i)), at = first;
      uint32_t to = i + 1 < r->page_cnt ? get_u32 (d, pages + 4 * ((uint64_t) r->page + i + 1)) : last;
      for (uint32_t s = 0; s < per_page; s++)
        {
          uint64_t slot = (uint64_t) (r->page + i) * per_page + s;
          uint32_t page_off = r->off + i * PAGE, said = get_u16 (d, slots + 2 * slot);
          uint64_t stop = (uint64_t) page_off + ((uint64_t) (s + 1) << d->slot_shift);
          while (at + 1 < to && d->entries[at + 1].off < stop)
            at++;
          if (said != at - first)
            return pctab__report_add (d->report, CHECK_SLOTS,
                                      (struct where) { "slots", d->parts[PART_SLOTS].off + 2 * slot,
                                                       d->base + page_off + ((uint64_t) s << d->slot_shift), NULL },
                                      "it says %" PRIu32 ", its page's entry is %" PRIu32, said, at - first);
        }
    }
  return true;
}

static bool
read_entries (struct decoded *d)
{
  d->entries = pctab__decoded_alloc (d, d->entry_cnt, sizeof *d->entries);
  if (!d->entries)
    return false;
  for (uint32_t i = 0; i < d->range_cnt; i++)
    if (!read_range_entries (d, &d->ranges[i]))
      return false;
  uint64_t need = (uint64_t) d->page_cnt * (PAGE >> d->slot_shift) * 2;
  if (need != d->parts[PART_SLOTS].len)
    return FAULT_PART (d, CHECK_SLOTS, PART_SLOTS, 0, "%" PRIu32 " bytes of slots, %" PRIu32 " pages have %" PRIu64,
                       d->parts[PART_SLOTS].len, d->page_cnt, need);
  for (uint32_t i = 0; i < d->range_cnt; i++)
    if (!check_slots (d, &d->ranges[i]))
      return false;
  return true;
}

static bool
fault_cross (struct decoded *d, uint32_t i, const char *what)
{
  return pctab__report_add (d->report, CHECK_FUNCTAB_CROSS,
                            (struct where) { "functab", d->parts[PART_FUNCTAB].off + 8 * (uint64_t) i,
                                             d->base + d->entries[i].off, NULL },
                            "entry %" PRIu32 " %s", i, what);
}

/* Whether the function of entry I reaches up to I's end, which is a page's. */
static bool
goes_on_from (const struct decoded *d, uint32_t i)
{
  const struct dec_entry *e = &d->entries[i];
  return !e->pad && e[1].off % PAGE == 0;
}

/* Adds entry I to the function before it, or makes it one.  LONGS: how many longs have been seen. */
static bool
take_entry (struct decoded *d, uint32_t i, bool first, uint32_t *longs)
{
  struct dec_entry *e = &d->entries[i];
  struct dec_func *last = d->func_cnt ? &d->funcs[d->func_cnt - 1] : NULL;
  uint32_t len = e[1].off - e->off, number = (uint32_t) (e->bits >> 32);
  if (e->kind == KIND_GAP)
    return true;
  if (e->pad >= len)
    return FAULT_PART (d, CHECK_FUNCTAB_PAD, PART_FUNCTAB, 8 * (uint64_t) i, "entry %" PRIu32 " has %" PRIu32
                       " bytes and a pad of %u", i, len, e->pad);
  bool after = !first && e[-1].kind != KIND_GAP && e->off % PAGE == 0;
  if (e->kind == KIND_GOES_ON
      && !(after && (e[-1].kind == KIND_NEAR || e[-1].kind == KIND_FAR) && goes_on_from (d, i - 1)))
    return fault_cross (d, i, "goes on, but not from a near or far function that reaches up to it");
  if (e->kind == KIND_LONG && number + 1 == *longs)
    {
      if (!(after && e[-1].kind == KIND_LONG && goes_on_from (d, i - 1)))
        return fault_cross (d, i, "has the long function of one before that does not reach up to it");
    }
  else if (e->kind == KIND_LONG && (number != *longs || number >= d->long_cnt))
    return FAULT_PART (d, CHECK_LONGS, PART_FUNCTAB, 8 * (uint64_t)i,
                       "entry %" PRIu32 " names long %" PRIu32 ", the next is %" PRIu32 " of %" PRIu32, i, number,
                       *longs, d->long_cnt);
  e->starts = e->kind != KIND_GOES_ON && !(e->kind == KIND_LONG && number + 1 == *longs);
  if (e->starts)
    {
      last = &d->funcs[d->func_cnt++];
      *last = (struct dec_func) { .off = e->off, .entry = i, .long_idx = e->kind == KIND_LONG ? number : NONE,
                                  .max_row = NONE };
      *longs += e->kind == KIND_LONG;
    }
  last->entry_cnt++;
  last->end = e[1].off - e->pad;
  e->func = d->func_cnt - 1;
  if (last->long_idx == NONE && last->end - last->off >= LONG_FROM)
    return fault_cross (d, last->entry, "is near or far, but of 65520 bytes or more");
  return true;
}

static bool
check_longs (struct decoded *d)
{
  const unsigned char *longs = part_bytes (d, PART_LONGS), *blocks = part_bytes (d, PART_BLOCKS);
  uint64_t block = 0;
  for (uint32_t i = 0, f = 0; i < d->long_cnt; i++, f++)
    {
      const unsigned char *p = longs + 16 * (uint64_t) i;
      uint32_t cnt = get_u32 (d, p + 8);
      while (d->funcs[f].long_idx != i)
        f++;
      if (get_u32 (d, p) != d->funcs[f].off)
        return FAULT_PART (d, CHECK_LONGS, PART_LONGS, 16 * (uint64_t)i,
                           "long %" PRIu32 " is at %#" PRIx64 ", its entry at %#" PRIx64, i, d->base + get_u32 (d, p),
                           d->base + d->funcs[f].off);
      if (get_u32 (d, p + 4) != block || !cnt || block + cnt > d->block_cnt)
        return FAULT_PART (d, CHECK_LONGS, PART_LONGS, 16 * (uint64_t)i + 4,
                           "long %" PRIu32 " has blocks %" PRIu32 " and on, %" PRIu32 " of them; the next is %" PRIu64
                           " of %" PRIu32,
                           i, get_u32 (d, p + 4), cnt, block, d->block_cnt);
      for (uint32_t b = 0; b < cnt; b++)
        {
          const unsigned char *q = blocks + 12 * (block + b);
          uint32_t off = get_u32 (d, q);
          if (b ? off <= get_u32 (d, q - 12) : off != 0)
            return FAULT_PART (d, CHECK_LONGS, PART_BLOCKS, 12 * (block + b),
                               "blocks of long %" PRIu32 " do not rise from 0 on", i);
          if (off >= d->funcs[f].end - d->funcs[f].off)
            return FAULT_PART (d, CHECK_LONGS, PART_BLOCKS, 12 * (block + b),
                               "a block of long %" PRIu32 " is behind its function", i);
        }
      block += cnt;
    }
  return block == d->block_cnt
         || FAULT_PART (d, CHECK_LONGS, PART_BLOCKS, 12 * block, "%" PRIu64 " blocks of %" PRIu32 " are of longs",
                        block, d->block_cnt);
}

static bool
make_functions (struct decoded *d)
{
  uint32_t longs = 0;
  d->long_cnt = d->parts[PART_LONGS].len / 16;
  d->block_cnt = d->parts[PART_BLOCKS].len / 12;
  d->funcs = pctab__decoded_alloc (d, d->entry_cnt, sizeof *d->funcs);
  if (!d->funcs)
    return false;
  for (uint32_t r = 0; r < d->range_cnt; r++)
    for (uint32_t i = d->ranges[r].entry; i + 1 < d->ranges[r].entry + d->ranges[r].entry_cnt; i++)
      if (!take_entry (d, i, i == d->ranges[r].entry, &longs))
        return false;
  if (longs != d->long_cnt)
    return FAULT_PART (d, CHECK_LONGS, PART_LONGS, 16 * (uint64_t) longs, "%" PRIu32 " longs, entries name %" PRIu32,
                       d->long_cnt, longs);
  return check_longs (d);
}

bool
pctab__read_functab (struct decoded *d)
{
  return read_ranges (d) && read_entries (d) && make_functions (d);
}
