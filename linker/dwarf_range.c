/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The address ranges of a DIE: DW_AT_low_pc and DW_AT_high_pc, .debug_ranges (DWARF 2 to 4), .debug_rnglists (5). */
#include "dwarf.h"

#include "dwarf_const.h"
#include "dwarf_leb.h"

static bool
list_error (const struct dwarf_unit *u, struct diag *d, const char *section, uint64_t off)
{
  return pctab__diag_error (d, section,
                            "list at 0x%llx, for the unit at 0x%llx: is cut short or damaged; rebuild the object it "
                            "came from", (unsigned long long) off, (unsigned long long) u->off);
}

/* One step more for the unit; false when it has none left. */
static bool
step (struct dwarf_unit *u, struct diag *d)
{
  return (u->work && u->work--) || pctab__unit_error (u, d, "has far more address ranges than entries");
}

/* What the linker leaves for discarded code: -1, and -2 in .debug_ranges, where -1 has a meaning. */
static bool
is_tombstone (const struct dwarf_unit *u, uint64_t addr)
{
  return addr >= (u->addr_size == 8 ? UINT64_MAX : UINT32_MAX) - 1;
}

static uint64_t
wrap (const struct dwarf_unit *u, uint64_t addr)
{
  return u->addr_size == 8 ? addr : (uint32_t) addr;
}

/* DWARF 4, 2.17.3.  The sections' last list may lack its end where a file was cut: an error. */
static bool
old_ranges (struct dwarf_unit *u, uint64_t off, dwarf_range_fn *each, void *arg, struct diag *d)
{
  const struct dwarf_unit *own = u->skeleton ? u->skeleton : u;
  const struct dwarf_section *s = &own->obj->sec[SEC_RANGES];
  uint64_t from = off + (u->skeleton ? own->ranges_base : 0);
  uint64_t base = own->has_low ? own->low_pc : 0;
  unsigned size = u->addr_size;
  for (uint64_t at = from; at <= s->len && s->len - at >= 2 * size; at += 2 * size)
    {
      const unsigned char *p = s->at + at;
      uint64_t low = size == 8 ? load_u64 (p, u->obj->big) : load_u32 (p, u->obj->big);
      uint64_t high = size == 8 ? load_u64 (p + 8, u->obj->big) : load_u32 (p + 4, u->obj->big);
      if (!low && !high)
        return true;
      if (!step (u, d))
        return false;
      if (low == (size == 8 ? UINT64_MAX : UINT32_MAX))
        base = high;
      else if (!is_tombstone (u, low) && !is_tombstone (u, base)
               && !each (arg, wrap (u, base + low), wrap (u, base + high)))
        return false;
    }
  return list_error (u, d, ".debug_ranges", from);
}

struct list {
  const struct dwarf_unit *u;
  const unsigned char *p, *end;
  uint64_t base;
  bool bad;
};

static uint64_t
list_uleb (struct list *l)
{
  uint64_t v = 0;
  if (!leb_u (&l->p, l->end, &v))
    l->bad = true;
  return v;
}

static uint64_t
list_address (struct list *l)
{
  unsigned size = l->u->addr_size;
  if ((size_t) (l->end - l->p) < size)
    {
      l->bad = true;
      return 0;
    }
  uint64_t v = size == 8 ? load_u64 (l->p, l->u->obj->big) : load_u32 (l->p, l->u->obj->big);
  l->p += size;
  return v;
}

static uint64_t
list_indexed (struct list *l)
{
  uint64_t addr = 0, idx = list_uleb (l);
  if (!l->bad && !pctab__unit_address_at (l->u, idx, &addr))
    l->bad = true;
  return addr;
}

/* One entry of kind KIND; true when it gives a range. */
static bool
list_entry (struct list *l, unsigned kind, uint64_t *low, uint64_t *high)
{
  switch (kind)
    {
    case DW_RLE_base_addressx:
      l->base = list_indexed (l);
      return false;
    case DW_RLE_base_address:
      l->base = list_address (l);
      return false;
    case DW_RLE_startx_endx:
      *low = list_indexed (l);
      *high = list_indexed (l);
      return !is_tombstone (l->u, *low);
    case DW_RLE_startx_length:
      *low = list_indexed (l);
      *high = *low + list_uleb (l);
      return !is_tombstone (l->u, *low);
    case DW_RLE_offset_pair:
      *low = l->base + list_uleb (l);
      *high = l->base + list_uleb (l);
      return !is_tombstone (l->u, l->base);
    case DW_RLE_start_end:
      *low = list_address (l);
      *high = list_address (l);
      return !is_tombstone (l->u, *low);
    case DW_RLE_start_length:
      *low = list_address (l);
      *high = *low + list_uleb (l);
      return !is_tombstone (l->u, *low);
    default:
      l->bad = true;
      return false;
    }
}

/* DWARF 5, 2.17.3. */
static bool
new_ranges (struct dwarf_unit *u, uint64_t off, dwarf_range_fn *each, void *arg, struct diag *d)
{
  const struct dwarf_section *s = &u->obj->sec[SEC_RNGLISTS];
  const struct dwarf_unit *own = u->skeleton ? u->skeleton : u;
  if (off >= s->len)
    return list_error (u, d, ".debug_rnglists", off);
  struct list l = { u, s->at + off, s->at + s->len, own->has_low ? own->low_pc : 0, false };
  while (l.p < l.end)
    {
      unsigned kind = *l.p++;
      uint64_t low, high;
      if (kind == DW_RLE_end_of_list)
        return true;
      if (!step (u, d))
        return false;
      if (list_entry (&l, kind, &low, &high) && !l.bad && !each (arg, wrap (u, low), wrap (u, high)))
        return false;
      if (l.bad)
        break;
    }
  return list_error (u, d, ".debug_rnglists", off);
}

/* DW_FORM_rnglistx: an index into the offsets behind the list table's header. */
static bool
indexed_list (const struct dwarf_unit *u, uint64_t idx, uint64_t *off)
{
  const struct dwarf_section *s = &u->obj->sec[SEC_RNGLISTS];
  uint64_t base = u->rnglists_base;
  if (base > s->len || idx >= (s->len - base) / u->off_size)
    return false;
  const unsigned char *at = s->at + base + idx * u->off_size;
  *off = base + (u->off_size == 8 ? load_u64 (at, u->obj->big) : load_u32 (at, u->obj->big));
  return *off >= base;
}

/* Calls EACH for every range of the DIE; false when EACH does or the list is damaged (with a message). */
bool
pctab__unit_ranges (struct dwarf_unit *u, const struct dwarf_die *die, dwarf_range_fn *each, void *arg,
                    struct diag *d)
{
  uint64_t low, high, off;
  if (pctab__unit_address (u, die, SLOT_LOW, &low) && die_has (die, SLOT_HIGH))
    {
      if (is_tombstone (u, low))
        return true;
      if (!pctab__unit_address (u, die, SLOT_HIGH, &high))
        high = wrap (u, low + die->value[SLOT_HIGH]);
      return each (arg, low, high);
    }
  if (!die_has (die, SLOT_RANGES))
    return true;
  off = die->value[SLOT_RANGES];
  if (die->form[SLOT_RANGES] == DW_FORM_rnglistx && !indexed_list (u, off, &off))
    return list_error (u, d, ".debug_rnglists", u->rnglists_base);
  return u->version < 5 ? old_ranges (u, off, each, arg, d) : new_ranges (u, off, each, arg, d);
}
