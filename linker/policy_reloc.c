/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Code that uses thread-local data, or calls vfork, says so in its relocations, on every machine and in every model
 * (global, local dynamic, initial, local exec, descriptors): each refers to a symbol of thread-local data or to one of
 * a few functions.  The type of a relocation says nothing more, so that none has to be known.  The stack protector's
 * canary on x86 and others is at a fixed place, without one.
 *
 * s390 alone keeps the offset of a variable in a word of data that its code loads: code that refers to such a word
 * counts. */
#include "policy_state.h"

#include <stdlib.h>

bool
pctab__reloc_start (struct policy *p, struct reloc_scan *r, const struct elf_symbol *symbols, uint32_t cnt)
{
  r->symbols = symbols;
  r->symbol_cnt = cnt;
  r->wants.cnt = r->words.cnt = r->uses.cnt = 0;
  r->any = false;
  if (!model_reserve (&r->wants, cnt))
    return pctab__diag_memory (p->d);
  if (cnt)
    memset (r->wants.at, 0, cnt);
  return true;
}

void
pctab__reloc_want (struct policy *p, struct reloc_scan *r, uint32_t idx, struct model_str name, bool in_tls)
{
  unsigned reason = 0;
  if (r->symbols[idx].type == STT_TLS || in_tls || pctab__name_uses_thread (name))
    reason = p->options->tls_allow ? 0 : REASON_TLS;
  else if (pctab__name_forks (name))
    reason = REASON_VFORK;
  r->wants.at[idx] = (uint8_t) reason;
  r->any |= reason != 0;
}

struct reloc {
  uint64_t off, addend;
  uint32_t symbol;
};

static struct reloc
read_reloc (struct cursor *c, bool is64, bool with_addend)
{
  struct reloc r = { .off = is64 ? cursor_u64 (c) : cursor_u32 (c) };
  r.symbol = is64 ? (uint32_t) (cursor_u64 (c) >> 32) : cursor_u32 (c) >> 8;
  if (with_addend)
    r.addend = is64 ? cursor_u64 (c) : cursor_u32 (c);
  return r;
}

static unsigned
entry_bytes (bool is64, bool with_addend)
{
  return (is64 ? 16u : 8u) + (with_addend ? is64 ? 8u : 4u : 0u);
}

static bool
add_use (struct reloc_scan *r, uint32_t section, uint64_t off, unsigned reason)
{
  if (!model_reserve (&r->uses, 1))
    return false;
  r->uses.at[r->uses.cnt++] = (struct reloc_use){ section, reason, off };
  return true;
}

bool
pctab__reloc_has_words (const struct reloc_scan *r)
{
  return r->machine == EM_S390;
}

bool
pctab__reloc_words (struct reloc_scan *r, struct cursor c, bool with_addend, uint32_t section)
{
  while (cursor_left (&c) >= entry_bytes (r->is64, with_addend))
    {
      struct reloc at = read_reloc (&c, r->is64, with_addend);
      if (at.symbol >= r->symbol_cnt || !r->wants.at[at.symbol])
        continue;
      if (!model_reserve (&r->words, 1))
        return false;
      r->words.at[r->words.cnt++] = (struct reloc_use){ section, r->wants.at[at.symbol], at.off };
    }
  return true;
}

static int
by_place (const void *va, const void *vb)
{
  const struct reloc_use *a = va, *b = vb;
  if (a->section != b->section)
    return a->section < b->section ? -1 : 1;
  return a->off < b->off ? -1 : a->off > b->off;
}

void
pctab__reloc_words_done (struct reloc_scan *r)
{
  if (r->words.cnt)
    qsort (r->words.at, r->words.cnt, sizeof *r->words.at, by_place);
}

/* larl and lgrl count from the instruction, the relocation from its field, 2 bytes on: so the addend is 2 too large. */
static unsigned
reason_of_word (const struct reloc_scan *r, const struct reloc *at)
{
  const struct elf_symbol *s = &r->symbols[at->symbol];
  struct reloc_use key = { .section = r->finished ? 0 : s->section, .off = s->value + at->addend - 2 };
  const struct reloc_use *word = bsearch (&key, r->words.at, r->words.cnt, sizeof key, by_place);
  return word ? word->reason : 0;
}

bool
pctab__reloc_code (struct reloc_scan *r, struct cursor c, bool with_addend, uint32_t section)
{
  while (cursor_left (&c) >= entry_bytes (r->is64, with_addend))
    {
      struct reloc at = read_reloc (&c, r->is64, with_addend);
      if (at.symbol >= r->symbol_cnt)
        continue;
      unsigned reason = r->wants.at[at.symbol];
      if (!reason && r->words.cnt)
        reason = reason_of_word (r, &at);
      if (reason && !add_use (r, section, at.off, reason))
        return false;
    }
  return true;
}

void
pctab__reloc_free (struct reloc_scan *r)
{
  free (r->wants.at);
  free (r->words.at);
  free (r->uses.at);
}
