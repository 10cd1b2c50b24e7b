/* SPDX-License-Identifier: MIT */
/* In a PLT entry a thread has no frame of a function's: tables know nothing there, and call frame information only what
 * an expression computes from the PC's low bits.  But an entry is a handful of known instructions, of which two push.
 *
 *   [endbr] [bnd] jmp *GOT          SP as the caller left it
 *   [endbr] push $n; [bnd] jmp PLT0   and a word more behind the push
 *   push GOT+8; [bnd] jmp *GOT+16   PLT0: the entry's word, and another behind the push
 *
 * Looked for in code of known modules alone, where no table has a rule. */
#include <string.h>

#include "memory.h"
#include "unwinder.h"

#if defined __x86_64__ || defined __i386__

#define BEFORE 12 /* bytes before the PC that may be needed, and from it on */
#define AFTER 14
#define PLT_ALIGN 8

static bool
is_jump (const unsigned char *p)
{
  p += *p == 0xf2;
  return p[0] == 0xff && (p[1] == 0x25 || (sizeof (void *) == 4 && p[1] == 0xa3));
}

static bool
is_jump_back (const unsigned char *p)
{
  p += *p == 0xf2;
  return p[0] == 0xe9;
}

/* PLT0's push. */
static bool
is_first (const unsigned char *p)
{
  return p[0] == 0xff && (p[1] == 0x35 || (sizeof (void *) == 4 && p[1] == 0xb3)) && is_jump (p + 6);
}

/* An entry's push. */
static bool
is_push (const unsigned char *p)
{
  return p[0] == 0x68 && is_jump_back (p + 5);
}

static bool
is_landing_pad (const unsigned char *p)
{
  static const unsigned char endbr[] = { 0xf3, 0x0f, 0x1e };
  return !memcmp (p, endbr, sizeof endbr);
}

/* Where in an entry P is, and how many words lie on the stack there above the return address; -1: in none. */
static int
entry_offset (const unsigned char *p, int *words)
{
  *words = is_first (p) || (is_jump_back (p) && is_push (p - 5)) ? 1 : is_jump (p) && is_first (p - 6) ? 2 : 0;
  if (is_first (p) || (is_landing_pad (p) && (is_jump (p + 4) || is_push (p + 4))))
    return 0;
  if (is_jump (p))
    return is_first (p - 6) ? 6 : is_landing_pad (p - 4) ? 4 : 0;
  if (is_push (p))
    return is_landing_pad (p - 4) ? 4 : 6;
  if (is_jump_back (p) && is_push (p - 5))
    return is_landing_pad (p - 9) ? 9 : 11;
  return -1;
}

bool
pctab__plt_rule (const struct pctab_cursor *c, struct pctab_rule *rule)
{
  unsigned char code[BEFORE + AFTER] = { 0 };
  if (!c->exact || c->bytes || !c->module || c->pc < c->module->lo + BEFORE
      || !pctab__memory_read (code, c->pc - BEFORE, sizeof code))
    return false;
  int words, off = entry_offset (code + BEFORE, &words);
  if (off < 0 || (c->pc - (unsigned) off) % PLT_ALIGN)
    return false;
  *rule = (struct pctab_rule){ .cfa = PCTAB_CFA_SP,
                               .ra = PCTAB_RA_SAVED,
                               .fp = PCTAB_FP_SAME,
                               .cfa_off = (words + 1) * (int) sizeof (void *),
                               .ra_off = -(int) sizeof (void *) };
  return true;
}

#else

bool
pctab__plt_rule (const struct pctab_cursor *c, struct pctab_rule *rule)
{
  (void) c, (void) rule;
  return false;
}

#endif
