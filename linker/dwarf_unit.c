/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A unit's own DIE, and what the values of its DIEs mean: strings, addresses, references. */
#include "dwarf.h"

#include "dwarf_const.h"
#include "dwarf_leb.h"

bool
pctab__unit_error (const struct dwarf_unit *u, struct diag *d, const char *what)
{
  return pctab__diag_error (d, u->obj->is_dwo ? ".debug_info.dwo" : ".debug_info",
                            "unit at 0x%llx: %s; rebuild the object it came from", (unsigned long long) u->off, what);
}

/* The string at OFF of a section, which ends with a NUL; NULL. */
static const char *
section_string (const struct dwarf_section *s, uint64_t off)
{
  return off < s->len ? (const char *) s->at + off : NULL;
}

static const char *
indexed_string (const struct dwarf_unit *u, uint64_t idx)
{
  const struct dwarf_section *s = &u->obj->sec[SEC_STR_OFFSETS];
  if (u->str_base > s->len || idx >= (s->len - u->str_base) / u->off_size)
    return NULL;
  const unsigned char *at = s->at + u->str_base + idx * u->off_size;
  return section_string (&u->obj->sec[SEC_STR],
                         u->off_size == 8 ? load_u64 (at, u->obj->big) : load_u32 (at, u->obj->big));
}

/* The string in SLOT, NULL when there is none or it can't be had.  *FOREIGN: it is in another file than the module. */
const char *
pctab__unit_string (const struct dwarf_unit *u, const struct dwarf_die *die, enum dwarf_slot slot, bool *foreign)
{
  if (!die_has (die, slot))
    return NULL;
  uint64_t v = die->value[slot];
  *foreign = u->obj->foreign;
  switch (die->form[slot])
    {
    case DW_FORM_string:
      return (const char *) (uintptr_t) v;
    case DW_FORM_strp:
      return section_string (&u->obj->sec[SEC_STR], v);
    case DW_FORM_line_strp:
      return section_string (&u->obj->sec[SEC_LINE_STR], v);
    case DW_FORM_strx: case DW_FORM_strx1: case DW_FORM_strx2: case DW_FORM_strx3: case DW_FORM_strx4:
    case DW_FORM_GNU_str_index:
      return indexed_string (u, v);
    case DW_FORM_GNU_strp_alt: case DW_FORM_strp_sup:
      *foreign = true;
      return u->obj->alt ? section_string (&u->obj->alt->sec[SEC_STR], v) : NULL;
    default:
      return NULL;
    }
}

/* Entry IDX of the unit's part of .debug_addr.  A split unit uses its skeleton's. */
bool
pctab__unit_address_at (const struct dwarf_unit *u, uint64_t idx, uint64_t *addr)
{
  const struct dwarf_unit *own = u->skeleton ? u->skeleton : u;
  const struct dwarf_section *s = &own->obj->sec[SEC_ADDR];
  if (own->addr_base > s->len || idx >= (s->len - own->addr_base) / u->addr_size)
    return false;
  const unsigned char *at = s->at + own->addr_base + idx * u->addr_size;
  *addr = u->addr_size == 8 ? load_u64 (at, own->obj->big) : load_u32 (at, own->obj->big);
  return true;
}

/* The address in SLOT; false when there is none (a constant is none). */
bool
pctab__unit_address (const struct dwarf_unit *u, const struct dwarf_die *die, enum dwarf_slot slot, uint64_t *addr)
{
  if (!die_has (die, slot))
    return false;
  switch (die->form[slot])
    {
    case DW_FORM_addr:
      *addr = die->value[slot];
      return true;
    case DW_FORM_addrx: case DW_FORM_addrx1: case DW_FORM_addrx2: case DW_FORM_addrx3: case DW_FORM_addrx4:
    case DW_FORM_GNU_addr_index:
      return pctab__unit_address_at (u, die->value[slot], addr);
    default:
      return false;
    }
}

/* The DIE that SLOT refers to, and its unit; NULL when there is none or it lies in a file that is not there. */
const unsigned char *
pctab__unit_refer (const struct dwarf_unit *u, const struct dwarf_die *die, enum dwarf_slot slot,
                   const struct dwarf_unit **target)
{
  if (!die_has (die, slot))
    return NULL;
  uint64_t v = die->value[slot];
  struct dwarf_object *obj = u->obj;
  switch (die->form[slot])
    {
    case DW_FORM_ref1: case DW_FORM_ref2: case DW_FORM_ref4: case DW_FORM_ref8: case DW_FORM_ref_udata:
      *target = u;
      return v < (uint64_t) (u->end - u->start) && u->start + v >= u->dies ? u->start + v : NULL;
    case DW_FORM_GNU_ref_alt: case DW_FORM_ref_sup4: case DW_FORM_ref_sup8:
      obj = obj->alt;
      break;
    case DW_FORM_ref_addr:
      break;
    default:
      return NULL;
    }
  *target = obj ? pctab__dwarf_unit_at (obj, v) : NULL;
  return *target ? obj->sec[SEC_INFO].at + v : NULL;
}

static void
note_bases (struct dwarf_unit *u, const struct dwarf_die *die)
{
  /* Without DW_AT_str_offsets_base a split unit's part begins behind its header. */
  uint64_t header = u->version < 5 ? 0 : u->off_size == 8 ? 16 : 8;
  u->str_base = die_has (die, SLOT_STR_BASE) ? die->value[SLOT_STR_BASE] : header;
  u->addr_base = die_has (die, SLOT_ADDR_BASE) ? die->value[SLOT_ADDR_BASE] : u->version < 5 ? 0 : 8;
  u->rnglists_base = die_has (die, SLOT_RNGLISTS_BASE) ? die->value[SLOT_RNGLISTS_BASE] : u->off_size == 8 ? 20 : 12;
  u->ranges_base = die_has (die, SLOT_RANGES_BASE) ? die->value[SLOT_RANGES_BASE] : 0;
}

/* Reads the unit's DIE; the abbreviations are compiled by now. */
bool
pctab__unit_open (struct dwarf_worker *w, struct dwarf_unit *u)
{
  struct diag *d = &w->diag;
  struct dwarf_die die;
  uint64_t code;
  const unsigned char *p = u->dies;
  bool foreign;
  if (p == u->end)
    return true;
  if (!leb_u (&p, u->end, &code))
    return pctab__unit_error (u, d, "is cut short");
  if (!code)
    return true;
  const struct abbrev *a = abbrev_find (u->abbrevs, code);
  if (a->kind == ABBREV_BAD)
    return pctab__unit_error (u, d, "uses an abbreviation that .debug_abbrev does not have");
  if (!pctab__die_read (u, a, p, &die))
    return pctab__unit_error (u, d, "its first entry is cut short or has an unknown form");
  u->tag = a->tag;
  note_bases (u, &die);
  u->has_low = pctab__unit_address (u, &die, SLOT_LOW, &u->low_pc)
               || pctab__unit_address (u, &die, SLOT_ENTRY, &u->low_pc);
  if (die_has (&die, SLOT_STMT)
      && (die.form[SLOT_STMT] == DW_FORM_sec_offset || die.form[SLOT_STMT] == DW_FORM_data4
          || die.form[SLOT_STMT] == DW_FORM_data8))
    {
      u->has_line = true;
      u->line_off = die.value[SLOT_STMT];
    }
  u->comp_dir = pctab__unit_string (u, &die, SLOT_COMP_DIR, &foreign);
  u->dwo_name = pctab__unit_string (u, &die, SLOT_DWO_NAME, &foreign);
  if (die_has (&die, SLOT_DWO_ID))
    u->dwo_id = die.value[SLOT_DWO_ID];
  return u->obj != &w->dw->main || pctab__cover_note (w, u, &die);
}
