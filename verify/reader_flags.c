/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FORMAT, 6 and 7: function flags, and the reasons of part 27. */
#include "reader.h"

#include <inttypes.h>

static bool
fault_entry (struct decoded *d, enum part_number part, uint32_t entry, const char *what)
{
  return pctab__report_add (d->report, CHECK_FLAGS,
                            (struct where){ pctab__part_name (part), d->parts[part].off + entry / 64 * 8,
                                            entry < d->entry_cnt ? d->base + d->entries[entry].off : WHERE_NONE, NULL },
                            "bit %" PRIu32 " %s", entry, what);
}

static bool
read_part (struct decoded *d, enum part_number part, uint8_t flag)
{
  uint32_t words = d->parts[part].len / 8, set = 0;
  if (!words)
    return true;
  if (words != (d->entry_cnt + UINT64_C (63)) / 64)
    return FAULT_PART (d, CHECK_FLAGS, part, 0, "%" PRIu32 " words of flags, the functab has %" PRIu32 " entries",
                       words, d->entry_cnt);
  for (uint32_t i = 0; i < words * 64; i++)
    {
      uint64_t word = get_u64 (d, part_bytes (d, part) + i / 64 * 8);
      bool bit = word >> i % 64 & 1;
      if (bit && (i >= d->entry_cnt || d->entries[i].func == NONE || d->entries[i].kind == KIND_GOES_ON))
        return fault_entry (d, part, i, "is set, but is of no function's start");
      if (i >= d->entry_cnt || d->entries[i].func == NONE || d->entries[i].kind == KIND_GOES_ON)
        continue;
      struct dec_func *f = &d->funcs[d->entries[i].func];
      if (!d->entries[i].starts && bit != !!(f->flags & flag))
        return fault_entry (d, part, i, "differs from that of its long function's entry before");
      f->flags |= bit ? flag : 0;
      set += bit;
    }
  return set || FAULT_PART (d, CHECK_FLAGS, part, 0, "no bit is set: the part has to be empty");
}

bool
pctab__read_flags (struct decoded *d)
{
  return read_part (d, PART_NOT_PREEMPTIBLE, FUNC_NOT_PREEMPTIBLE) && read_part (d, PART_WRITES_SP, FUNC_WRITES_SP)
         && read_part (d, PART_ASSEMBLY, FUNC_ASSEMBLY);
}

#define REASON_MAX 15

/* The next entry from I on that has the flag and is not one of I's own function's further pages. */
static uint32_t
next_flagged (const struct decoded *d, uint32_t i)
{
  while (i < d->entry_cnt
         && (d->entries[i].func == NONE || d->entries[i].kind == KIND_GOES_ON
             || !(d->funcs[d->entries[i].func].flags & FUNC_NOT_PREEMPTIBLE)))
    i++;
  return i;
}

bool
pctab__read_reasons (struct decoded *d)
{
  const unsigned char *start = part_bytes (d, PART_REASONS);
  struct walk w = { start, start + d->parts[PART_REASONS].len, false, false };
  uint32_t entry = next_flagged (d, 0);
  unsigned last = 256;
  while (w.at < w.end)
    {
      uint64_t at = (uint64_t) (w.at - start);
      uint32_t cnt = walk_uvar (&w);
      uint8_t reason = walk_u8 (&w);
      if (w.bad || !cnt || reason == last || !reason)
        return FAULT_PART (d, CHECK_REASONS, PART_REASONS, at,
                           "a run is cut off, empty, without a reason or like the one before");
      if (w.long_form)
        return FAULT_PART (d, CHECK_VARINT, PART_REASONS, at, "a number takes more bytes than it needs");
      if (reason > REASON_MAX)
        FAULT_PART (d, CHECK_REASON_UNKNOWN, PART_REASONS, at, "reason %u", reason);
      for (uint32_t i = 0; i < cnt; i++)
        {
          if (entry >= d->entry_cnt)
            return FAULT_PART (d, CHECK_REASONS, PART_REASONS, at, "there are more reasons than entries with the flag");
          struct dec_func *f = &d->funcs[d->entries[entry].func];
          if (!d->entries[entry].starts && f->reason != reason)
            return FAULT_PART (d, CHECK_REASONS, PART_REASONS, at, "a long function has two reasons");
          f->reason = reason;
          entry = next_flagged (d, entry + 1);
        }
      last = reason;
    }
  return entry >= d->entry_cnt
         || FAULT_CODE (d, CHECK_REASONS, PART_REASONS, d->entries[entry].off,
                        "the function is not preemptible for no reason");
}
