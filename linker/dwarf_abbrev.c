/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Abbreviations compiled into skip programs.
 *
 * Runs of values with fixed sizes become one addition; gcc's DIEs of types, variables and parameters are mostly nothing
 * but that.  A value is read only where the importer asks for it: in subprograms, inlined calls and the unit's own DIE,
 * and DW_AT_sibling, to jump over what holds no code. */
#include "dwarf.h"

#include "dwarf_const.h"

#include <stdlib.h>

/* How a form's bytes are read; READ_UNKNOWN for one that does not exist. */
unsigned
pctab__form_read (unsigned form, unsigned addr_size, unsigned off_size, unsigned version)
{
  unsigned addr = addr_size == 8 ? READ_U8 : READ_U4;
  unsigned off = off_size == 8 ? READ_U8 : READ_U4;
  switch (form)
    {
    case DW_FORM_addr:
      return addr;
    case DW_FORM_ref_addr: /* an address in DWARF 2 */
      return version == 2 ? addr : off;
    case DW_FORM_strp: case DW_FORM_line_strp: case DW_FORM_sec_offset: case DW_FORM_strp_sup:
    case DW_FORM_GNU_ref_alt: case DW_FORM_GNU_strp_alt:
      return off;
    case DW_FORM_data1: case DW_FORM_ref1: case DW_FORM_flag: case DW_FORM_strx1: case DW_FORM_addrx1:
      return READ_U1;
    case DW_FORM_data2: case DW_FORM_ref2: case DW_FORM_strx2: case DW_FORM_addrx2:
      return READ_U2;
    case DW_FORM_strx3: case DW_FORM_addrx3:
      return READ_U3;
    case DW_FORM_data4: case DW_FORM_ref4: case DW_FORM_ref_sup4: case DW_FORM_strx4: case DW_FORM_addrx4:
      return READ_U4;
    case DW_FORM_data8: case DW_FORM_ref8: case DW_FORM_ref_sup8: case DW_FORM_ref_sig8:
      return READ_U8;
    case DW_FORM_data16:
      return READ_16;
    case DW_FORM_udata: case DW_FORM_ref_udata: case DW_FORM_strx: case DW_FORM_addrx: case DW_FORM_loclistx:
    case DW_FORM_rnglistx: case DW_FORM_GNU_addr_index: case DW_FORM_GNU_str_index:
      return READ_ULEB;
    case DW_FORM_sdata:
      return READ_SLEB;
    case DW_FORM_string:
      return READ_STRING;
    case DW_FORM_block1:
      return READ_BLOCK1;
    case DW_FORM_block2:
      return READ_BLOCK2;
    case DW_FORM_block4:
      return READ_BLOCK4;
    case DW_FORM_block: case DW_FORM_exprloc:
      return READ_BLOCK;
    case DW_FORM_flag_present: case DW_FORM_implicit_const:
      return READ_NONE;
    case DW_FORM_indirect:
      return READ_INDIRECT;
    default:
      return READ_UNKNOWN;
    }
}

/* Bytes of a value of fixed size, by enum dwarf_read; -1 for the others. */
static int
fixed_size (unsigned read)
{
  static const signed char sizes[] = { 0, 1, 2, 3, 4, 8, 16 };
  return read < sizeof sizes ? sizes[read] : -1;
}

static enum dwarf_slot
code_slot (uint64_t attr)
{
  switch (attr)
    {
    case DW_AT_name: return SLOT_NAME;
    case DW_AT_linkage_name: case DW_AT_MIPS_linkage_name: return SLOT_LINKAGE;
    case DW_AT_low_pc: return SLOT_LOW;
    case DW_AT_high_pc: return SLOT_HIGH;
    case DW_AT_ranges: return SLOT_RANGES;
    case DW_AT_abstract_origin: return SLOT_ORIGIN;
    case DW_AT_specification: return SLOT_SPEC;
    case DW_AT_call_file: return SLOT_CALL_FILE;
    case DW_AT_call_line: return SLOT_CALL_LINE;
    case DW_AT_decl_file: return SLOT_DECL_FILE;
    case DW_AT_decl_line: return SLOT_DECL_LINE;
    default: return SLOT_NONE;
    }
}

static enum dwarf_slot
unit_slot (uint64_t attr)
{
  switch (attr)
    {
    case DW_AT_low_pc: return SLOT_LOW;
    case DW_AT_high_pc: return SLOT_HIGH;
    case DW_AT_ranges: return SLOT_RANGES;
    case DW_AT_entry_pc: return SLOT_ENTRY;
    case DW_AT_stmt_list: return SLOT_STMT;
    case DW_AT_comp_dir: return SLOT_COMP_DIR;
    case DW_AT_str_offsets_base: return SLOT_STR_BASE;
    case DW_AT_addr_base: case DW_AT_GNU_addr_base: return SLOT_ADDR_BASE;
    case DW_AT_rnglists_base: return SLOT_RNGLISTS_BASE;
    case DW_AT_GNU_ranges_base: return SLOT_RANGES_BASE;
    case DW_AT_dwo_name: case DW_AT_GNU_dwo_name: return SLOT_DWO_NAME;
    case DW_AT_GNU_dwo_id: return SLOT_DWO_ID;
    default: return SLOT_NONE;
    }
}

static bool
is_code (uint64_t tag)
{
  return tag == DW_TAG_subprogram || tag == DW_TAG_inlined_subroutine;
}

static bool
is_unit (uint64_t tag)
{
  return tag == DW_TAG_compile_unit || tag == DW_TAG_partial_unit || tag == DW_TAG_skeleton_unit
         || tag == DW_TAG_type_unit;
}

/* DIEs below which no subprogram has code: the standard lets neither hold one, and no compiler puts one there. */
static bool
holds_no_code (uint64_t tag)
{
  return tag == DW_TAG_array_type || tag == DW_TAG_enumeration_type || tag == DW_TAG_subroutine_type
         || tag == DW_TAG_call_site || tag == DW_TAG_GNU_call_site;
}

/* The state of one abbreviation being compiled. */
struct compile {
  struct dwarf_worker *w;
  const struct abbrev_table *t;
  struct abbrev *a;
  uint64_t tag;
  uint32_t before; /* bytes since the last op */
  uint32_t fixed;  /* bytes since the first value; meaningless behind an op of variable size */
  bool variable, sibling;
};

static bool
add_op (struct compile *c, unsigned read, unsigned slot, unsigned form, int64_t value)
{
  struct dwarf_worker *w = c->w;
  if (c->a->op_cnt == UINT16_MAX || !model_reserve (&w->ops, 1))
    return pctab__diag_memory (&w->diag);
  w->ops.at[w->ops.cnt++] = (struct abbrev_op){ .before = (uint16_t) c->before, .read = (uint8_t) read,
                                                .slot = (uint8_t) slot, .form = (uint16_t) form, .value = value };
  c->a->op_cnt++;
  c->before = 0;
  return true;
}

static bool
add_attr (struct compile *c, uint64_t attr, uint64_t form, int64_t value)
{
  const struct abbrev_table *t = c->t;
  unsigned read = form > UINT16_MAX ? READ_UNKNOWN
                                    : pctab__form_read ((unsigned) form, t->addr_size, t->off_size, t->version);
  enum dwarf_slot slot = is_code (c->tag) ? code_slot (attr) : is_unit (c->tag) ? unit_slot (attr) : SLOT_NONE;
  int size = fixed_size (read);
  if (attr == DW_AT_sibling)
    {
      if (form == DW_FORM_ref4 && !c->variable && !c->a->op_cnt && c->fixed < UINT16_MAX)
        {
          c->sibling = true;
          c->a->sibling = (uint16_t) c->fixed;
        }
      slot = SLOT_SIBLING;
    }
  bool wanted = slot != SLOT_NONE && (slot != SLOT_SIBLING || c->variable || form != DW_FORM_ref4 || is_code (c->tag));
  if (size >= 0 && !wanted && c->before + (unsigned) size <= UINT16_MAX)
    {
      c->before += (unsigned) size;
      c->fixed += (unsigned) size;
      return true;
    }
  if (size < 0 || !is_code (c->tag))
    c->variable = true;
  return add_op (c, read, slot, (unsigned) form, value);
}

static void
choose_kind (struct compile *c)
{
  struct abbrev *a = c->a;
  a->tail = c->before;
  bool ops = a->op_cnt;
  if (is_code (c->tag))
    a->kind = ABBREV_CODE;
  else if (!a->children)
    a->kind = ops ? ABBREV_LEAF_OPS : ABBREV_LEAF;
  else if (!holds_no_code (c->tag))
    a->kind = ops ? ABBREV_PARENT_OPS : ABBREV_PARENT;
  else if (c->sibling)
    a->kind = ABBREV_JUMP;
  else
    a->kind = ops ? ABBREV_JUMP_OPS : ABBREV_PARENT;
}

/* One abbreviation; false at the table's end or when it is damaged. */
static bool
compile_one (struct dwarf_worker *w, const struct abbrev_table *t, struct cursor *in, uint64_t code)
{
  struct abbrev a = { .op = (uint32_t) w->ops.cnt };
  struct compile c = { .w = w, .t = t, .a = &a, .tag = cursor_uleb (in) };
  a.tag = (uint16_t) (c.tag > UINT16_MAX ? 0 : c.tag);
  a.children = cursor_u8 (in) != 0;
  for (;;)
    {
      uint64_t attr = cursor_uleb (in), form = cursor_uleb (in);
      if (in->bad)
        return false;
      if (!attr && !form)
        break;
      int64_t value = form == DW_FORM_implicit_const ? cursor_sleb (in) : 1;
      if (!add_attr (&c, attr, form, value))
        return false;
    }
  choose_kind (&c);
  if (!model_reserve (&w->abbrevs, 1) || !model_reserve (&w->codes, 1))
    return pctab__diag_memory (&w->diag);
  w->codes.at[w->abbrevs.cnt] = code;
  w->codes.cnt = w->abbrevs.cnt + 1;
  w->abbrevs.at[w->abbrevs.cnt++] = a;
  return true;
}

static int
by_code (const void *x, const void *y)
{
  const struct abbrev_sparse *a = x, *b = y;
  return a->code < b->code ? -1 : a->code > b->code;
}

/* Moves the worker's scratch into the table: dense codes as an index, others sorted behind it. */
static bool
settle (struct dwarf_worker *w, struct abbrev_table *t)
{
  uint64_t direct = w->abbrevs.cnt * 2 + 16, top = 0;
  size_t sparse = 0;
  for (size_t i = 0; i < w->abbrevs.cnt; i++)
    if (w->codes.at[i] >= direct)
      sparse++;
    else if (w->codes.at[i] > top)
      top = w->codes.at[i];
  t->direct_cnt = top + 1;
  t->at = calloc (t->direct_cnt, sizeof *t->at);
  t->ops = malloc ((w->ops.cnt + 1) * sizeof *t->ops);
  t->sparse = sparse ? malloc (sparse * sizeof *t->sparse) : NULL;
  if (!t->at || !t->ops || (sparse && !t->sparse))
    return pctab__diag_memory (&w->diag);
  if (w->ops.cnt)
    memcpy (t->ops, w->ops.at, w->ops.cnt * sizeof *t->ops);
  for (size_t i = 0; i < w->abbrevs.cnt; i++)
    {
      const struct abbrev *a = &w->abbrevs.at[i];
      if (w->codes.at[i] >= t->direct_cnt)
        t->sparse[t->sparse_cnt++] = (struct abbrev_sparse){ w->codes.at[i], *a };
      else if (t->at[w->codes.at[i]].kind == ABBREV_BAD)
        t->at[w->codes.at[i]] = *a;
    }
  if (sparse)
    qsort (t->sparse, t->sparse_cnt, sizeof *t->sparse, by_code);
  return true;
}

bool
pctab__abbrev_compile (struct dwarf_worker *w, struct abbrev_table *t, struct diag *d)
{
  const struct dwarf_section *s = &t->obj->sec[SEC_ABBREV];
  if (t->off > s->len)
    return pctab__diag_error (d, ".debug_abbrev", "a unit's table would be at 0x%llx, beyond the section's end; "
                              "rebuild the object it came from", (unsigned long long) t->off);
  struct cursor in = cursor_over (s->at + t->off, (t->end < s->len ? t->end : s->len) - t->off, t->obj->big);
  w->abbrevs.cnt = w->codes.cnt = w->ops.cnt = 0;
  for (;;)
    {
      uint64_t code = in.pos == in.end ? 0 : cursor_uleb (&in);
      if (!code && !in.bad)
        break;
      if (in.bad || !compile_one (w, t, &in, code))
        return pctab__diag_error (d, ".debug_abbrev", "table at 0x%llx: is cut short or damaged; rebuild the object it "
                                  "came from", (unsigned long long) t->off);
    }
  return settle (w, t);
}

const struct abbrev *
pctab__abbrev_sparse (const struct abbrev_table *t, uint64_t code)
{
  static const struct abbrev bad = { .kind = ABBREV_BAD };
  struct abbrev_sparse key = { .code = code };
  const struct abbrev_sparse *found
    = t->sparse_cnt ? bsearch (&key, t->sparse, t->sparse_cnt, sizeof key, by_code) : NULL;
  return found ? &found->abbrev : &bad;
}

void
pctab__abbrev_free (struct abbrev_table *t)
{
  free (t->at);
  free (t->ops);
  free (t->sparse);
}
