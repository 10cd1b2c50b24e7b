/* SPDX-License-Identifier: MIT */
#include "elf_symbol.h"

#include <stdlib.h>

#define NAME_LEN_MAX 65535 /* a longer name is cut: names that share their ends would otherwise multiply a hostile
                            * file */
#define NAME_BLOCK 4096

bool
pctab__elf_names_init (struct elf_names *n, struct cursor c)
{
  n->at = c.pos;
  n->len = cursor_left (&c);
  size_t cnt = n->len / NAME_BLOCK + 1, nul = n->len;
  if (!pctab__reserve ((void **) &n->nul, &n->nul_cap, cnt, sizeof *n->nul))
    return false;
  for (size_t i = cnt; i-- > 0;)
    {
      size_t off = i * NAME_BLOCK, left = n->len - off;
      const unsigned char *found = left ? memchr (n->at + off, 0, left < NAME_BLOCK ? left : NAME_BLOCK) : NULL;
      if (found)
        nul = (size_t) (found - n->at);
      n->nul[i] = nul;
    }
  return true;
}

void
pctab__elf_names_free (struct elf_names *n)
{
  free (n->nul);
  memset (n, 0, sizeof *n);
}

bool
pctab__elf_names_get (const struct elf_names *n, uint32_t off, struct model_str *name)
{
  if (off >= n->len)
    return false;
  size_t block_end = (off / NAME_BLOCK + (size_t) 1) * NAME_BLOCK, end = n->len;
  const unsigned char *found = memchr (n->at + off, 0, (block_end < n->len ? block_end : n->len) - off);
  if (found)
    end = (size_t) (found - n->at);
  else if (block_end < n->len)
    end = n->nul[block_end / NAME_BLOCK];
  if (end == n->len || end - off > UINT32_MAX)
    return false;
  *name = (struct model_str){ (const char *) n->at + off,
                              (uint32_t) (end - off < NAME_LEN_MAX ? end - off : NAME_LEN_MAX) };
  return true;
}

struct elf_symbol
pctab__elf_symbol_read (struct cursor *c, bool is64)
{
  struct elf_symbol s = { .name = cursor_u32 (c) };
  uint8_t info = 0;
  if (is64)
    {
      info = cursor_u8 (c);
      cursor_u8 (c);
      s.section = cursor_u16 (c);
    }
  s.value = is64 ? cursor_u64 (c) : cursor_u32 (c);
  s.size = is64 ? cursor_u64 (c) : cursor_u32 (c);
  if (!is64)
    {
      info = cursor_u8 (c);
      cursor_u8 (c);
      s.section = cursor_u16 (c);
    }
  s.bind = info >> 4;
  s.type = info & 15;
  return s;
}
