/* SPDX-License-Identifier: MIT */
/* Checks the flags and the pcdata tables of a table being opened: that each bit is a function's, each function of a
 * table has a list or blocks of its own, and these are whole.  What the values mean is nobody's business here. */
#include "lists.h"

/* Finds a plane of flags: NULL if it is empty; false when it has not a bit for each entry. */
static bool
find_plane (const struct pctab_table *t, unsigned number, const unsigned char **plane)
{
  uint32_t len;
  *plane = image_part (t->image, number, &len);
  if (!len)
    *plane = NULL;
  return !len || len == 8 * (uint64_t) t->group_cnt;
}

static bool
find_parts (struct pctab_table *t)
{
  uint32_t tables, groups, functions, blocks, lists;
  t->group_cnt = (t->entry_cnt - 1) / PCTAB_GROUP_ENTRIES + 1;
  t->tables = image_part (t->image, PCTAB_P_TABLES, &tables);
  t->groups = image_part (t->image, PCTAB_P_GROUPS, &groups);
  t->functions = image_part (t->image, PCTAB_P_FUNCTIONS, &functions);
  t->table_blocks = image_part (t->image, PCTAB_P_TABLE_BLOCKS, &blocks);
  t->table_lists = image_part (t->image, PCTAB_P_TABLE_LISTS, &lists);
  t->table_cnt = tables / PCTAB_TABLE_BYTES;
  t->function_cnt = functions / 4;
  t->table_block_cnt = blocks / PCTAB_TABLE_BLOCK_BYTES;
  t->table_list_len = lists > PCTAB_O_SLACK ? lists - PCTAB_O_SLACK : 0;
  return tables % PCTAB_TABLE_BYTES == 0 && functions % 4 == 0 && blocks % PCTAB_TABLE_BLOCK_BYTES == 0
         && groups == (uint64_t) t->table_cnt * t->group_cnt * PCTAB_GROUP_BYTES && (!lists || t->table_list_len)
         && find_plane (t, PCTAB_P_NOPREEMPT, &t->nopreempt) && find_plane (t, PCTAB_P_SPWRITE, &t->spwrite)
         && find_plane (t, PCTAB_P_ASM, &t->assembly);
}

/* What the functab says of the 64 entries of a group: */
struct masks {
  uint64_t own;  /* those that may have something said of them */
  uint64_t same; /* those of a long function that are not its first: all of it says the same */
};

static struct masks
entry_masks (const struct pctab_table *t, uint32_t group)
{
  struct masks m = { 0, 0 };
  uint32_t first = group * PCTAB_GROUP_ENTRIES, left = t->entry_cnt - first;
  uint64_t before = first ? at_u64 (t->functab + PCTAB_FUNCTAB_BYTES * (uint64_t) (first - 1)) : 0;
  for (uint32_t i = 0; i < PCTAB_GROUP_ENTRIES && i < left; i++)
    {
      uint64_t e = at_u64 (t->functab + PCTAB_FUNCTAB_BYTES * (uint64_t) (first + i));
      bool is_long = entry_kind (e) == PCTAB_E_KIND_LONG;
      m.own |= (uint64_t) (entry_kind (e) - 1 < PCTAB_E_KIND_LONG) << i;
      m.same |= (uint64_t) (is_long && entry_kind (before) == PCTAB_E_KIND_LONG
                            && e >> PCTAB_E_LONG_SHIFT == before >> PCTAB_E_LONG_SHIFT) << i;
      before = e;
    }
  return m;
}

/* The bits of a group; CARRY: the last bit of the one before. */
static bool
bits_hold (struct masks m, uint64_t bits, uint64_t carry)
{
  return !(bits & ~m.own) && !((bits ^ (bits << 1 | carry)) & m.same);
}

static bool
plane_holds (const struct pctab_table *t, const unsigned char *plane)
{
  uint64_t carry = 0, any = 0;
  for (uint32_t g = 0; plane && g < t->group_cnt; g++)
    {
      uint64_t bits = at_u64 (plane + 8 * (uint64_t) g);
      if ((bits | carry) && !bits_hold (entry_masks (t, g), bits, carry))
        return false;
      any |= bits;
      carry = bits >> 63;
    }
  return !plane || any;
}

/* What is checked on the way through all tables. */
struct walk {
  const struct pctab_table *t;
  uint32_t function, block; /* the next ones */
  int64_t value;            /* of the function's row before; none: no s32 */
};

#define NO_VALUE INT64_MAX

static bool
list_holds (struct walk *w, uint32_t off)
{
  const struct pctab_table *t = w->t;
  if (off % 2 || off >= t->table_list_len)
    return false;
  const unsigned char *at = t->table_lists + off;
  unsigned rows = *at & PCTAB_L_ROWS, needed = 1;
  if (!rows || *at >> PCTAB_L_WIDTH_SHIFT > 2
      || !pctab__offsets_hold (t->table_lists, t->table_list_len, off + PCTAB_L_HEAD_BYTES, rows, true))
    return false;
  struct pcdata_list l = open_list (at);
  if (l.values - t->table_lists + l.width * rows > t->table_list_len)
    return false;
  for (unsigned i = 0; i < rows; i++)
    {
      int32_t v = row_value (&l, i);
      if (v == w->value)
        return false;
      needed |= v != (int16_t) v ? 4 : v != (int8_t) v ? 2 : 0;
      w->value = v;
    }
  return l.width == (needed & 4 ? 4 : needed & 2 ? 2 : 1);
}

/* Blocks follow each other in the order of the functions, so that checking them takes no longer than the table is. */
static bool
blocks_hold (struct walk *w, uint32_t head)
{
  const struct pctab_table *t = w->t;
  if (head != w->block || head >= t->table_block_cnt)
    return false;
  const unsigned char *b = t->table_blocks + PCTAB_TABLE_BLOCK_BYTES * (uint64_t) head;
  uint32_t cnt = at_u32 (b);
  if (cnt < 2 || cnt > t->table_block_cnt - head - 1)
    return false;
  for (uint32_t i = 0; i < cnt; i++)
    {
      b += PCTAB_TABLE_BLOCK_BYTES;
      if ((i ? at_u32 (b) <= at_u32 (b - PCTAB_TABLE_BLOCK_BYTES) : at_u32 (b) != 0) || !list_holds (w, at_u32 (b + 4)))
        return false;
    }
  w->block += 1 + cnt;
  return true;
}

/* The next function; SAME: it is the one before, in a new page. */
static bool
function_holds (struct walk *w, bool same)
{
  if (w->function == w->t->function_cnt)
    return false;
  const unsigned char *f = w->t->functions + 4 * (uint64_t) w->function++;
  uint32_t bits = at_u32 (f);
  if (same)
    return bits == at_u32 (f - 4);
  w->value = NO_VALUE;
  if (bits & PCTAB_F_BLOCKS)
    return blocks_hold (w, bits & ~PCTAB_F_BLOCKS);
  return list_holds (w, bits) && ((w->t->table_lists[bits] & PCTAB_L_ROWS) > 1 || w->value != -1);
}

static bool
table_holds (struct walk *w, uint32_t number)
{
  const struct pctab_table *t = w->t;
  const unsigned char *g = t->groups + PCTAB_GROUP_BYTES * (uint64_t) number * t->group_cnt;
  uint32_t first = w->function;
  uint64_t carry = 0;
  for (uint32_t i = 0; i < t->group_cnt; i++, g += PCTAB_GROUP_BYTES)
    {
      uint64_t bits = at_u64 (g), left = bits;
      if (at_u32 (g + 8) != w->function - first)
        return false;
      if (!(bits | carry))
        continue;
      struct masks m = entry_masks (t, i);
      if (!bits_hold (m, bits, carry))
        return false;
      for (; left; left &= left - 1)
        if (!function_holds (w, (left & -left & m.same) != 0))
          return false;
      carry = bits >> 63;
    }
  return true;
}

static bool
tables_hold (const struct pctab_table *t)
{
  struct walk w = { .t = t };
  for (uint32_t i = 0; i < t->table_cnt; i++)
    {
      const unsigned char *at = t->tables + PCTAB_TABLE_BYTES * (uint64_t) i;
      if ((i && at_u32 (at) <= at_u32 (at - PCTAB_TABLE_BYTES)) || at_u32 (at + 4) != w.function
          || !table_holds (&w, i))
        return false;
    }
  return w.function == t->function_cnt && w.block == t->table_block_cnt;
}

bool
pctab__pcdata_hold (struct pctab_table *t)
{
  return find_parts (t) && plane_holds (t, t->nopreempt) && plane_holds (t, t->spwrite) && plane_holds (t, t->assembly)
         && tables_hold (t);
}
