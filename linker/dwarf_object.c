/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A file's debug sections and the list of its units. */
#include "dwarf.h"

#include "dwarf_const.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const section_names[SEC_CNT] = {
  ".debug_info", ".debug_abbrev",      ".debug_line", ".debug_str",    ".debug_line_str", ".debug_str_offsets",
  ".debug_addr", ".debug_ranges", ".debug_rnglists",
};

/* So that every string in it has its end. */
static void
end_at_nul (struct dwarf_section *s)
{
  const unsigned char *nul = s->len ? memrchr (s->at, 0, s->len) : NULL;
  s->len = nul ? (size_t) (nul - s->at) + 1 : 0;
}

/* A section that is not there is empty.  In a .dwo file the names end in ".dwo", those of the module's own don't. */
bool
pctab__dwarf_sections (struct dwarf_object *obj, struct elf_file *f, bool dwo, struct diag *d)
{
  obj->big = f->big;
  obj->is_dwo = dwo;
  for (unsigned i = 0; i < SEC_CNT; i++)
    {
      char name[32];
      struct cursor c;
      snprintf (name, sizeof name, "%s%s", section_names[i], dwo ? ".dwo" : "");
      struct elf_section *s = pctab__elf_section (f, name);
      if (!s)
        continue;
      if (!pctab__elf_contents (f, s, &c, d))
        return false;
      obj->sec[i] = (struct dwarf_section){ c.pos, cursor_left (&c) };
      if (i == SEC_STR || i == SEC_LINE_STR)
        end_at_nul (&obj->sec[i]);
    }
  return true;
}

void
pctab__dwarf_object_free (struct dwarf_object *obj)
{
  for (size_t i = 0; i < obj->table_cnt; i++)
    pctab__abbrev_free (&obj->tables[i]);
  free (obj->tables);
  free (obj->units);
  free (obj->path);
  if (obj->opened)
    pctab__elf_close (&obj->file);
}

static bool
header_error (const struct dwarf_object *obj, struct diag *d, uint64_t off, const char *what)
{
  return pctab__diag_error (d, obj->is_dwo ? ".debug_info.dwo" : ".debug_info",
                            "unit at 0x%llx: %s; rebuild the object it came from", (unsigned long long) off, what);
}

static bool
read_header (struct dwarf_unit *u, struct cursor *c, struct diag *d)
{
  struct dwarf_object *obj = u->obj;
  uint64_t len = cursor_u32 (c);
  u->off_size = 4;
  if (len == UINT32_MAX)
    {
      len = cursor_u64 (c);
      u->off_size = 8;
    }
  else if (len >= 0xfffffff0)
    return header_error (obj, d, u->off, "its length is one of the reserved ones");
  if (c->bad || len > cursor_left (c))
    return header_error (obj, d, u->off, "goes beyond the section's end");
  u->end = c->pos + len;
  c->end = u->end;
  u->version = (uint8_t) cursor_u16 (c);
  if (c->bad || c->pos[-1 - !c->big] != u->version || c->pos[-2 + !c->big] || u->version < 2 || u->version > 5)
    return header_error (obj, d, u->off, "is of an unknown DWARF version (2 to 5 are known)");
  if (u->version >= 5)
    {
      u->type = cursor_u8 (c);
      u->addr_size = cursor_u8 (c);
    }
  u->abbrev_off = u->off_size == 8 ? cursor_u64 (c) : cursor_u32 (c);
  if (u->version < 5)
    {
      u->type = DW_UT_compile;
      u->addr_size = cursor_u8 (c);
    }
  if (u->type == DW_UT_skeleton || u->type == DW_UT_split_compile)
    u->dwo_id = cursor_u64 (c);
  if (u->type == DW_UT_type || u->type == DW_UT_split_type)
    cursor_take (c, 8 + u->off_size);
  if (c->bad)
    return header_error (obj, d, u->off, "is cut short");
  if (u->addr_size != 4 && u->addr_size != 8)
    return header_error (obj, d, u->off, "has addresses of neither 4 nor 8 bytes");
  if (u->type < DW_UT_compile || (u->type > DW_UT_split_type && u->type < DW_UT_lo_user))
    return header_error (obj, d, u->off, "is of an unknown type");
  u->dies = u->type < DW_UT_lo_user ? c->pos : u->end; /* a vendor's header may be longer: nothing of it is read */
  u->work = WORK_MIN + WORK_PER_BYTE * (uint64_t) (u->end - u->start);
  return true;
}

/* The list of units, from their headers alone. */
bool
pctab__dwarf_units (struct dwarf_object *obj, struct diag *d)
{
  const struct dwarf_section *s = &obj->sec[SEC_INFO];
  for (const unsigned char *at = s->at; at < s->at + s->len;)
    {
      struct cursor c = cursor_over (at, (size_t) (s->at + s->len - at), obj->big);
      if (obj->unit_cnt == obj->unit_cap
          && !pctab__reserve ((void **) &obj->units, &obj->unit_cap, obj->unit_cnt + 1, sizeof *obj->units))
        return pctab__diag_memory (d);
      struct dwarf_unit *u = &obj->units[obj->unit_cnt];
      *u = (struct dwarf_unit){ .obj = obj, .idx = (uint32_t) obj->unit_cnt, .start = at,
                                .off = (uint64_t) (at - s->at), .line = MODEL_NONE };
      if (!read_header (u, &c, d))
        return false;
      obj->unit_cnt++;
      at = u->end;
    }
  return true;
}

/* The unit whose bytes hold OFF of .debug_info; NULL. */
struct dwarf_unit *
pctab__dwarf_unit_at (struct dwarf_object *obj, uint64_t off)
{
  size_t lo = 0, hi = obj->unit_cnt;
  while (lo < hi)
    {
      size_t mid = lo + (hi - lo) / 2;
      if (obj->units[mid].off <= off)
        lo = mid + 1;
      else
        hi = mid;
    }
  if (!lo)
    return NULL;
  struct dwarf_unit *u = &obj->units[lo - 1];
  return off < (uint64_t) (u->end - u->obj->sec[SEC_INFO].at) && off >= (uint64_t) (u->dies - obj->sec[SEC_INFO].at)
           ? u
           : NULL;
}
