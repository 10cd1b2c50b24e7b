/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dwarf.h"

#include "dwarf_const.h"
#include "dwarf_leb.h"

/* Reads the value that READ says at *P.  False when it is cut short. */
static inline bool
read_value (const struct dwarf_unit *u, unsigned read, size_t string_max, const unsigned char **p, uint64_t *value)
{
  const unsigned char *at = *p;
  size_t left = (size_t) (u->end - at);
  bool big = u->obj->big;
  uint64_t len;
  switch (read)
    {
    case READ_U1: case READ_U2: case READ_U3: case READ_U4: case READ_U8: case READ_16:
      {
        static const unsigned char sizes[] = { 0, 1, 2, 3, 4, 8, 16 };
        len = sizes[read];
        if (left < len)
          return false;
        *value = read == READ_U4 ? load_u32 (at, big)
                 : read == READ_U1 ? *at
                 : read == READ_U2 ? load_u16 (at, big)
                 : read == READ_U8 ? load_u64 (at, big)
                 : read == READ_U3 ? load_bytes (at, 3, big)
                                   : 0;
        *p = at + len;
        return true;
      }
    case READ_ULEB:
      return leb_u (p, u->end, value);
    case READ_SLEB:
      return leb_s (p, u->end, value);
    case READ_STRING:
      {
        const unsigned char *nul = left ? memchr (at, 0, left < string_max ? left : string_max) : NULL;
        if (!nul)
          return false;
        *value = (uintptr_t) at;
        *p = nul + 1;
        return true;
      }
    case READ_BLOCK1:
      len = left >= 1 ? *at++ : UINT64_MAX;
      break;
    case READ_BLOCK2:
      len = left >= 2 ? load_u16 (at, big) : UINT64_MAX;
      at += left >= 2 ? 2 : 0;
      break;
    case READ_BLOCK4:
      len = left >= 4 ? load_u32 (at, big) : UINT64_MAX;
      at += left >= 4 ? 4 : 0;
      break;
    case READ_BLOCK:
      if (!leb_u (&at, u->end, &len))
        return false;
      break;
    default:
      return false;
    }
  if (len > (size_t) (u->end - at))
    return false;
  *value = 0;
  *p = at + len;
  return true;
}

/* DW_FORM_indirect: the form stands before the value. */
static bool
read_indirect (const struct dwarf_unit *u, const unsigned char **p, uint64_t *form, uint64_t *value)
{
  if (!leb_u (p, u->end, form) || *form > UINT16_MAX)
    return false;
  if (*form == DW_FORM_implicit_const)
    return leb_s (p, u->end, value);
  unsigned read = pctab__form_read ((unsigned) *form, u->addr_size, u->off_size, u->version);
  *value = 1;
  return read == READ_NONE || read_value (u, read, DWARF_STRING_MAX, p, value);
}

/* Reads the values, at P behind the abbreviation's code, of the DIE; returns where the next one begins, or NULL. */
const unsigned char *
pctab__die_read (const struct dwarf_unit *u, const struct abbrev *a, const unsigned char *p, struct dwarf_die *die)
{
  const struct abbrev_op *op = u->abbrevs->ops + a->op;
  /* Only the walk, which never comes by again, may take its time. */
  size_t string_max = a->kind == ABBREV_CODE ? DWARF_STRING_MAX : SIZE_MAX;
  uint32_t have = 0;
  for (const struct abbrev_op *end = op + a->op_cnt; op < end; op++)
    {
      uint64_t value = (uint64_t) op->value, form = op->form;
      if (op->before > (size_t) (u->end - p))
        return NULL;
      p += op->before;
      if (op->read == READ_INDIRECT ? !read_indirect (u, &p, &form, &value)
                                    : op->read != READ_NONE && !read_value (u, op->read, string_max, &p, &value))
        return NULL;
      die->value[op->slot] = value;
      die->form[op->slot] = (uint16_t) form;
      have |= UINT32_C (1) << op->slot;
    }
  die->have = have;
  return a->tail <= (size_t) (u->end - p) ? p + a->tail : NULL;
}
