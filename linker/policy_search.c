/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Code of an object in a file without symbols, found by its bytes: all but those that the linker may have changed,
 * which are the relocations' and, where it rewrites instructions, a few around.  Wherever they are it may be, and all
 * such places count.  What is found has to be told by enough bytes, and the search has a budget: it is for the few
 * functions of start-up files, and those that use errno in a program that is stripped while it is linked. */
#include "policy_state.h"

#include <stdlib.h>

#define BYTES_MIN 16 /* that tell a section from others, and of these as many in one piece: */
#define ANCHOR_MIN 6
#define ANCHOR_MAX 64

static void
change (struct search *s, uint64_t from, uint64_t to)
{
  for (uint64_t i = from; i < to && i < s->len; i++)
    s->changed[i] = 1;
}

/* Plain distances and addresses: x86 has many, and in these the linker changes 4 bytes and no more. */
static bool
is_plain (uint16_t machine, uint32_t type)
{
  if (machine == EM_386)
    return type == R_386_32 || type == R_386_PC32 || type == R_386_PLT32;
  return type == R_X86_64_PC32 || type == R_X86_64_PLT32 || type == R_X86_64_32 || type == R_X86_64_32S;
}

/* x86: `mov x@GOTPCREL(%rip)` becomes `lea`, calls of __tls_get_addr and what is before them other instructions.
 * Elsewhere an instruction of 4 bytes, and the one behind it (ppc64's nop behind a call). */
void
pctab__search_change (struct search *s, uint16_t machine, uint64_t off, uint32_t type)
{
  if (machine != EM_X86_64 && machine != EM_386)
    change (s, off & ~UINT64_C (3), (off & ~UINT64_C (3)) + 8);
  else if (is_plain (machine, type))
    change (s, off, off + 4);
  else
    change (s, off < 4 ? 0 : off - 4, off + 12);
}

/* The longest piece that is as it was. */
static bool
find_anchor (const struct search *s, size_t *anchor, size_t *anchor_len)
{
  size_t kept = 0, run = 0;
  *anchor = *anchor_len = 0;
  for (size_t i = 0; i < s->len; i++)
    {
      run = s->changed[i] ? 0 : run + 1;
      kept += !s->changed[i];
      if (run > *anchor_len && run <= ANCHOR_MAX)
        {
          *anchor_len = run;
          *anchor = i + 1 - run;
        }
    }
  return kept >= BYTES_MIN && *anchor_len >= ANCHOR_MIN;
}

static bool
is_here (struct policy *p, const struct search *s, const unsigned char *at)
{
  size_t i = 0;
  while (i < s->len && (s->changed[i] || s->code[i] == at[i]))
    i++;
  pctab__search_spend (p, i);
  return i == s->len;
}

/* Everywhere in one section of the file. */
static bool
search_section (struct policy *p, struct search *s, struct elf_section *in, size_t anchor, size_t anchor_len)
{
  struct cursor c;
  if (!pctab__elf_contents (p->file, in, &c, p->d))
    return false;
  const unsigned char *text = c.pos, *end = c.end;
  pctab__search_spend (p, in->size);
  for (const unsigned char *at = text; (size_t) (end - at) >= s->len && p->search_budget; at++)
    {
      const unsigned char *found = memmem (at + anchor, (size_t) (end - at) - anchor, s->code + anchor, anchor_len);
      if (!found || (size_t) (end - found) + anchor < s->len)
        break;
      at = found - anchor;
      if (!is_here (p, s, at))
        continue;
      if (!model_reserve (&s->found, 1))
        return pctab__diag_memory (p->d);
      s->found.at[s->found.cnt++] = in->addr + (uint64_t) (at - text);
    }
  return true;
}

void
pctab__search_spend (struct policy *p, uint64_t bytes)
{
  p->search_budget -= p->search_budget < bytes ? p->search_budget : bytes;
}

bool
pctab__search (struct policy *p, struct search *s)
{
  size_t anchor, anchor_len;
  s->found.cnt = 0;
  if (!find_anchor (s, &anchor, &anchor_len))
    return true;
  for (uint32_t i = 1; i < p->file->section_cnt && p->search_budget; i++)
    {
      struct elf_section *in = &p->file->sections[i];
      if ((in->flags & SHF_ALLOC) && (in->flags & SHF_EXECINSTR) && in->type != SHT_NOBITS && in->size >= s->len
          && !search_section (p, s, in, anchor, anchor_len))
        return false;
    }
  if (!p->search_budget)
    s->found.cnt = 0;
  return true;
}

void
pctab__search_free (struct search *s)
{
  free (s->code);
  free (s->changed);
  free (s->found.at);
}
