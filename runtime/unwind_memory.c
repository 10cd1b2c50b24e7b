/* SPDX-License-Identifier: MIT */
/* Words of a stack, read where that can't fault.
 *
 * Inside the stack's known bounds it can't.  Elsewhere the kernel is asked first (memory.c).  One question serves a page,
 * and a run of pages that were asked about is kept in the cursor. */
#include <string.h>

#include "memory.h"
#include "unwinder.h"

#define PAGE_BYTES UINT64_C (4096) /* no machine has smaller ones */

bool
pctab__probe (uint64_t addr, unsigned len)
{
  uint64_t last = addr + len - 1;
  return last >= addr && addr >= PAGE_BYTES && pctab__memory_readable (addr)
         && (addr / PAGE_BYTES == last / PAGE_BYTES || pctab__memory_readable (last));
}

static inline bool
inside (const struct pctab_stack *s, uint64_t addr, unsigned len)
{
  return addr >= s->lo && addr < s->hi && s->hi - addr >= len;
}

/* Asks about the page at ADDR, and adds it to the others if it is next to them. */
static bool
probe_more (struct pctab_stack *probed, uint64_t addr)
{
  uint64_t page = addr & ~(PAGE_BYTES - 1);
  if (inside (probed, addr, 1))
    return true;
  if (!page || !pctab__memory_readable (page))
    return false;
  if (page == probed->hi)
    probed->hi += PAGE_BYTES;
  else if (page + PAGE_BYTES == probed->lo)
    probed->lo = page;
  else
    *probed = (struct pctab_stack){ page, page + PAGE_BYTES };
  return true;
}

/* Where ADDR is in this process; NULL: it can't be read. */
static const unsigned char *
readable (struct pctab_cursor *c, uint64_t addr, unsigned len)
{
  if (inside (&c->stack, addr, len))
    return c->bytes ? c->bytes + (addr - c->stack.lo) : (const unsigned char *) (uintptr_t) addr;
  /* A frame of the stack that is known points into it; one of another stack, or a wild one, anywhere. */
  if (c->bytes || (c->stack.hi && c->sp >= c->stack.lo && c->sp <= c->stack.hi))
    return NULL;
  if (addr + len - 1 < addr || (!inside (&c->probed, addr, len)
                                && !(probe_more (&c->probed, addr) && probe_more (&c->probed, addr + len - 1))))
    return NULL;
  return (const unsigned char *) (uintptr_t) addr;
}

bool
pctab__cursor_word (struct pctab_cursor *c, uint64_t addr, uint64_t *word)
{
  unsigned len = pctab__unwind_machines[c->machine].word;
  const unsigned char *at = readable (c, addr, len);
  if (!at)
    return false;
  uint32_t half;
  if (len == 8)
    memcpy (word, at, 8);
  else
    {
      memcpy (&half, at, 4);
      *word = half;
    }
  return true;
}
