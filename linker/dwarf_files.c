/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The header of a line program: its parameters and its table of directories and files (DWARF 5, 6.2.4). */
#include "dwarf.h"

#include "dwarf_const.h"

#include <stdlib.h>

static bool
header_error (const struct line_table *t, struct diag *d, const char *what)
{
  return pctab__diag_error (d, ".debug_line",
                            "table at 0x%llx, of the unit at 0x%llx: %s; rebuild the object it came from",
                            (unsigned long long) t->off, (unsigned long long) t->unit->off, what);
}

void
pctab__line_free (struct line_table *t)
{
  free (t->dirs);
  free (t->files);
}

static bool
add_dir (struct line_table *t, size_t *cap, const char *name)
{
  if (!pctab__reserve ((void **) &t->dirs, cap, (size_t) t->dir_cnt + 1, sizeof *t->dirs))
    return false;
  t->dirs[t->dir_cnt++] = name;
  return true;
}

static bool
add_file (struct line_table *t, const char *name, uint64_t dir)
{
  size_t cap = t->file_cap;
  if (!pctab__reserve ((void **) &t->files, &cap, (size_t) t->file_cnt + 1, sizeof *t->files))
    return false;
  t->file_cap = (uint32_t) cap;
  t->files[t->file_cnt++] = (struct dwarf_file){ name, dir < MODEL_NONE ? (uint32_t) dir : MODEL_NONE, MODEL_NONE };
  return true;
}

/* DWARF 2 to 4: two lists that end with an empty name.  Both are kept from index 1 on, as the program counts them. */
static bool
old_names (struct line_table *t, struct cursor *c, struct diag *d)
{
  size_t cap = 0;
  if (!add_dir (t, &cap, ""))
    return pctab__diag_memory (d);
  for (const char *name; (name = cursor_str (c)) && *name;)
    if (!add_dir (t, &cap, name))
      return pctab__diag_memory (d);
  if (!add_file (t, NULL, 0))
    return pctab__diag_memory (d);
  for (const char *name; (name = cursor_str (c)) && *name;)
    {
      uint64_t dir = cursor_uleb (c);
      cursor_uleb (c);
      cursor_uleb (c);
      if (!add_file (t, name, dir))
        return pctab__diag_memory (d);
    }
  return !c->bad || header_error (t, d, "its list of files is cut short");
}

struct entry_format {
  uint64_t type, form;
};

static const char *
str_at (const struct dwarf_section *s, uint64_t off)
{
  return off < s->len ? (const char *) s->at + off : NULL;
}

/* A value of an entry: its string or number; one of unknown form fails the cursor. */
static void
entry_value (const struct line_table *t, struct cursor *c, uint64_t form, const char **str, uint64_t *num)
{
  const struct dwarf_object *obj = t->unit->obj;
  uint64_t len;
  switch (form)
    {
    case DW_FORM_string:
      *str = cursor_str (c);
      return;
    case DW_FORM_strp: case DW_FORM_line_strp: case DW_FORM_strp_sup:
      *num = t->off_size == 8 ? cursor_u64 (c) : cursor_u32 (c);
      if (form == DW_FORM_strp_sup)
        *str = obj->alt ? str_at (&obj->alt->sec[SEC_STR], *num) : NULL;
      else
        *str = str_at (&obj->sec[form == DW_FORM_strp ? SEC_STR : SEC_LINE_STR], *num);
      return;
    case DW_FORM_udata:
      *num = cursor_uleb (c);
      return;
    case DW_FORM_data1:
      *num = cursor_u8 (c);
      return;
    case DW_FORM_data2:
      *num = cursor_u16 (c);
      return;
    case DW_FORM_data4:
      *num = cursor_u32 (c);
      return;
    case DW_FORM_data8:
      *num = cursor_u64 (c);
      return;
    case DW_FORM_data16:
      cursor_take (c, 16);
      return;
    case DW_FORM_block:
      len = cursor_uleb (c);
      cursor_take (c, len);
      return;
    case DW_FORM_strx: case DW_FORM_strx1: case DW_FORM_strx2: case DW_FORM_strx3: case DW_FORM_strx4:
      {
        struct dwarf_die die = { .have = 1u << SLOT_NAME };
        bool foreign;
        die.form[SLOT_NAME] = (uint16_t) form;
        die.value[SLOT_NAME] = form == DW_FORM_strx    ? cursor_uleb (c)
                               : form == DW_FORM_strx1 ? cursor_u8 (c)
                               : form == DW_FORM_strx2 ? cursor_u16 (c)
                               : form == DW_FORM_strx4 ? cursor_u32 (c)
                                                       : 0;
        if (form == DW_FORM_strx3)
          {
            const unsigned char *p = cursor_take (c, 3);
            die.value[SLOT_NAME] = p ? load_bytes (p, 3, c->big) : 0;
          }
        *str = pctab__unit_string (t->unit, &die, SLOT_NAME, &foreign);
        return;
      }
    default:
      cursor_fail (c);
    }
}

/* One of DWARF 5's two lists: formats, a count, entries. */
static bool
new_list (struct line_table *t, struct cursor *c, bool files, struct diag *d)
{
  struct entry_format formats[255];
  unsigned format_cnt = cursor_u8 (c);
  size_t cap = 0;
  for (unsigned i = 0; i < format_cnt; i++)
    {
      formats[i].type = cursor_uleb (c);
      formats[i].form = cursor_uleb (c);
    }
  uint64_t cnt = cursor_uleb (c);
  /* An entry of no bytes could be there any number of times. */
  if (cnt > cursor_left (c))
    return header_error (t, d, "its list of files is cut short");
  for (uint64_t i = 0; i < cnt && !c->bad; i++)
    {
      const char *name = NULL;
      uint64_t dir = 0;
      for (unsigned j = 0; j < format_cnt; j++)
        {
          const char *str = NULL;
          uint64_t num = 0;
          entry_value (t, c, formats[j].form, &str, &num);
          if (formats[j].type == DW_LNCT_path)
            name = str;
          else if (formats[j].type == DW_LNCT_directory_index)
            dir = num;
        }
      if (files ? !add_file (t, name, dir) : !add_dir (t, &cap, name ? name : ""))
        return pctab__diag_memory (d);
    }
  return !c->bad || header_error (t, d, "its list of files is cut short or has an unknown form");
}

static bool
read_fields (struct line_table *t, struct cursor *c, struct diag *d)
{
  uint64_t len = cursor_u32 (c);
  t->off_size = 4;
  if (len == UINT32_MAX)
    {
      len = cursor_u64 (c);
      t->off_size = 8;
    }
  if (c->bad || len > cursor_left (c))
    return header_error (t, d, "goes beyond the section's end");
  c->end = t->end = c->pos + len;
  uint16_t version = cursor_u16 (c);
  if (c->bad || version < 2 || version > 5)
    return header_error (t, d, "is of an unknown version (2 to 5 are known)");
  t->version = (uint8_t) version;
  t->addr_size = t->unit->addr_size;
  if (version >= 5)
    {
      t->addr_size = cursor_u8 (c);
      cursor_u8 (c);
    }
  uint64_t header = t->off_size == 8 ? cursor_u64 (c) : cursor_u32 (c);
  if (c->bad || header > cursor_left (c))
    return header_error (t, d, "its header goes beyond its end");
  t->program = c->pos + header;
  c->end = t->program;
  t->min_inst = cursor_u8 (c);
  if (version >= 4)
    cursor_u8 (c); /* maximum_operations_per_instruction: 1 but on VLIW machines */
  cursor_u8 (c);
  t->line_base = (int8_t) cursor_u8 (c);
  t->line_range = cursor_u8 (c);
  t->opcode_base = cursor_u8 (c);
  if (c->bad || !t->opcode_base)
    return header_error (t, d, "its header is cut short");
  t->opcode_lens = cursor_take (c, t->opcode_base - 1u);
  if (t->addr_size != 4 && t->addr_size != 8)
    return header_error (t, d, "has addresses of neither 4 nor 8 bytes");
  return !c->bad || header_error (t, d, "its header is cut short");
}

/* Reads the header at t->off. */
bool
pctab__line_header (struct line_table *t, struct diag *d)
{
  const struct dwarf_section *s = &t->unit->obj->sec[SEC_LINE];
  if (t->off >= s->len)
    return header_error (t, d, "lies beyond the section's end");
  struct cursor c = cursor_over (s->at + t->off, s->len - t->off, t->unit->obj->big);
  if (!read_fields (t, &c, d))
    return false;
  bool good = t->version < 5 ? old_names (t, &c, d) : new_list (t, &c, false, d) && new_list (t, &c, true, d);
  t->ready = good;
  return good;
}

/* DW_LNE_define_file. */
bool
pctab__line_define (struct line_table *t, const char *name, uint64_t dir)
{
  return add_file (t, name, dir);
}
