/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "line_program.h"

#include <dwarf.h>
#include <stdlib.h>

struct state {
  struct line_program *p;
  uint64_t addr, file, line;
  bool bad;
};

static uint64_t
take (struct line_program *p, unsigned len, bool *bad)
{
  uint64_t v = 0;
  if ((size_t) (p->end - p->at) < len)
    {
      *bad = true;
      return 0;
    }
  for (unsigned i = 0; i < len; i++)
    v = v << 8 | p->at[p->big ? i : len - 1 - i];
  p->at += len;
  return v;
}

static uint64_t
take_leb (struct line_program *p, bool negative, bool *bad)
{
  uint64_t v = 0;
  for (unsigned shift = 0; p->at < p->end; shift += 7)
    {
      unsigned char byte = *p->at++;
      if (shift < 64)
        v |= (uint64_t) (byte & 127) << shift;
      if (byte & 128)
        continue;
      if (negative && (byte & 64) && shift + 7 < 64)
        v |= ~UINT64_C (0) << (shift + 7);
      return v;
    }
  *bad = true;
  return 0;
}

/* DWARF 5, 6.2.4; the files are libdw's, so that the header's length is all that is needed of the rest. */
const char *
pctab__line_program_read (struct line_program *p, const unsigned char *at, size_t len, bool big)
{
  bool bad = false;
  *p = (struct line_program) { .at = at, .end = at + len, .big = big };
  unsigned off_len = 4;
  uint64_t unit_len = take (p, 4, &bad);
  if (unit_len == UINT32_MAX)
    {
      off_len = 8;
      unit_len = take (p, 8, &bad);
    }
  if (bad || unit_len > (size_t) (p->end - p->at))
    return "is longer than its section";
  p->end = p->at + unit_len;
  unsigned version = (unsigned) take (p, 2, &bad);
  if (version < 2 || version > 5)
    return "is of an unknown version";
  if (version == 5)
    take (p, 2, &bad); /* sizes of addresses and selectors */
  uint64_t header_len = take (p, off_len, &bad);
  if (bad || header_len > (size_t) (p->end - p->at))
    return "has a header that is longer than itself";
  const unsigned char *program = p->at + header_len;
  p->min_inst = (unsigned) take (p, 1, &bad);
  take (p, version >= 4 ? 2 : 1, &bad); /* operations in an instruction; is_stmt */
  p->line_base = (int8_t) take (p, 1, &bad);
  p->line_range = (unsigned) take (p, 1, &bad);
  p->opcode_base = (unsigned) take (p, 1, &bad);
  p->operand_cnts = p->at;
  if (bad || !p->line_range || !p->opcode_base || p->at + (p->opcode_base - 1) > program)
    return "has a header that is no header";
  p->at = program;
  return NULL;
}

static bool
add_row (struct state *st, struct line_sequence *s)
{
  if (s->cnt == s->cap)
    {
      size_t cap = s->cap ? 2 * s->cap : 256;
      struct line_row *more = realloc (s->rows, cap * sizeof *more);
      if (!more)
        return false;
      s->rows = more;
      s->cap = cap;
    }
  s->rows[s->cnt++] = (struct line_row) { st->addr, st->file, st->line };
  return true;
}

/* An extended opcode; true: it ended the sequence. */
static bool
run_extended (struct state *st)
{
  struct line_program *p = st->p;
  uint64_t len = take_leb (p, false, &st->bad);
  if (st->bad || !len || len > (size_t) (p->end - p->at))
    {
      st->bad = true;
      return false;
    }
  const unsigned char *next = p->at + len;
  unsigned op = *p->at++;
  if (op == DW_LNE_set_address && (len == 5 || len == 9))
    st->addr = take (p, (unsigned) len - 1, &st->bad);
  p->at = next;
  return op == DW_LNE_end_sequence;
}

static void
run_standard (struct state *st, unsigned op)
{
  struct line_program *p = st->p;
  switch (op)
    {
    case DW_LNS_advance_pc:
      st->addr += take_leb (p, false, &st->bad) * p->min_inst;
      break;
    case DW_LNS_advance_line:
      st->line += take_leb (p, true, &st->bad);
      break;
    case DW_LNS_set_file:
      st->file = take_leb (p, false, &st->bad);
      break;
    case DW_LNS_const_add_pc:
      st->addr += (uint64_t) ((255 - p->opcode_base) / p->line_range) * p->min_inst;
      break;
    case DW_LNS_fixed_advance_pc:
      st->addr += take (p, 2, &st->bad);
      break;
    default:
      for (unsigned i = p->operand_cnts[op - 1]; i && !st->bad; i--)
        take_leb (p, false, &st->bad);
    }
}

int
pctab__line_program_next (struct line_program *p, struct line_sequence *s)
{
  struct state st = { .p = p, .file = 1, .line = 1 };
  s->cnt = 0;
  while (p->at < p->end && !st.bad)
    {
      unsigned op = *p->at++;
      if (op >= p->opcode_base)
        {
          op -= p->opcode_base;
          st.addr += (uint64_t) (op / p->line_range) * p->min_inst;
          st.line += (uint64_t) ((int64_t) p->line_base + (int64_t) (op % p->line_range));
        }
      else if (!op)
        {
          if (!run_extended (&st))
            continue;
          s->end = st.addr;
          if (s->cnt)
            return 1;
          st = (struct state) { .p = p, .file = 1, .line = 1 };
          continue;
        }
      else if (op != DW_LNS_copy)
        {
          run_standard (&st, op);
          continue;
        }
      if (!add_row (&st, s))
        return -2;
    }
  return st.bad ? -1 : 0;
}
