/* SPDX-License-Identifier: GPL-3.0-or-later */
/* libdw walks the entries and runs their instructions, but does not say which code an FDE is about: the pointers are
 * decoded here. */
#include "fdes.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

/* Encodings of pointers (LSB, "DWARF Exception Header Encoding"). */
enum {
  ENC_ABS = 0, ENC_ULEB = 1, ENC_U2 = 2, ENC_U4 = 3, ENC_U8 = 4, ENC_SLEB = 9, ENC_S2 = 10, ENC_S4 = 11, ENC_S8 = 12,
  ENC_PCREL = 0x10, ENC_ALIGNED = 0x50, ENC_INDIRECT = 0x80
};

struct reading {
  struct fdes *f;
  struct target *t;
  const struct layout *l;
  const char *name;
  const unsigned char *ident;
  const Elf_Data *data;
  uint64_t addr; /* of the section */
  bool eh;
  unsigned word;
  /* The CIE read last. */
  uint64_t cie_off;
  Dwarf_CIE cie;
  uint8_t enc;
};

struct bytes {
  const unsigned char *at, *end;
  bool bad;
};

static bool
damaged (struct reading *r, uint64_t off, const char *what)
{
  return pctab__report_add (r->t->report, CHECK_CFI_DAMAGED, WHERE_PART (r->name, off), "%s", what);
}

static uint64_t
take (struct reading *r, struct bytes *b, unsigned len, bool negative)
{
  uint64_t v = 0;
  if (b->bad || (size_t) (b->end - b->at) < len)
    {
      b->bad = true;
      return 0;
    }
  for (unsigned i = 0; i < len; i++)
    v = v << 8 | b->at[r->t->big ? i : len - 1 - i];
  b->at += len;
  if (negative && len < 8 && v >> (8 * len - 1))
    v |= ~UINT64_C (0) << 8 * len;
  return v;
}

static uint64_t
take_leb (struct bytes *b, bool negative)
{
  uint64_t v = 0;
  for (unsigned shift = 0; b->at < b->end; shift += 7)
    {
      unsigned char byte = *b->at++;
      if (shift < 64)
        v |= (uint64_t) (byte & 127) << shift;
      if (byte & 128)
        continue;
      if (negative && (byte & 64) && shift + 7 < 64)
        v |= ~UINT64_C (0) << (shift + 7);
      return v;
    }
  b->bad = true;
  return 0;
}

/* A pointer's value without what it counts from. */
static uint64_t
take_value (struct reading *r, struct bytes *b, unsigned form)
{
  switch (form)
    {
    case ENC_ABS: return take (r, b, r->word, false);
    case ENC_ULEB: return take_leb (b, false);
    case ENC_U2: return take (r, b, 2, false);
    case ENC_U4: return take (r, b, 4, false);
    case ENC_S2: return take (r, b, 2, true);
    case ENC_S4: return take (r, b, 4, true);
    case ENC_U8: case ENC_S8: return take (r, b, 8, true);
    case ENC_SLEB: return take_leb (b, true);
    }
  b->bad = true;
  return 0;
}

/* The encoding of code pointers that CIE's augmentation says.  False: it can't be told. */
static bool
cie_encoding (struct reading *r)
{
  struct bytes b = { r->cie.augmentation_data, NULL, false };
  const char *aug = r->cie.augmentation;
  r->enc = ENC_ABS;
  if (*aug != 'z' || !b.at)
    return true;
  b.end = b.at + r->cie.augmentation_data_size;
  for (aug++; *aug; aug++)
    if (*aug == 'R')
      r->enc = (uint8_t) take (r, &b, 1, false);
    else if (*aug == 'L')
      take (r, &b, 1, false);
    else if (*aug == 'P')
      {
        unsigned enc = (unsigned) take (r, &b, 1, false);
        if ((enc & 0x70) == ENC_ALIGNED)
          return false;
        take_value (r, &b, enc & 15);
      }
    else if (!strchr ("SBG", *aug))
      break;
  return !b.bad && !(r->enc & ENC_INDIRECT) && ((r->enc & 0x70) == 0 || (r->enc & 0x70) == ENC_PCREL);
}

static bool
find_cie (struct reading *r, uint64_t off, uint64_t fde_off)
{
  Dwarf_CFI_Entry e;
  Dwarf_Off next;
  if (off == r->cie_off)
    return true;
  r->cie_off = UINT64_MAX;
  if (dwarf_next_cfi (r->ident, (Elf_Data *) r->data, r->eh, off, &next, &e)
      || !dwarf_cfi_cie_p (&e))
    return damaged (r, fde_off, "an FDE names no CIE");
  r->cie = e.cie;
  if (!cie_encoding (r))
    return damaged (r, off, "a CIE has a pointer encoding that no linker makes");
  r->cie_off = off;
  return true;
}

static void
add (struct reading *r, const Dwarf_FDE *fde, uint64_t off)
{
  struct bytes b = { fde->start, fde->end, false };
  uint64_t at = r->addr + (uint64_t) (fde->start - (const uint8_t *) r->data->d_buf);
  uint64_t pc = take_value (r, &b, r->enc & 15) + ((r->enc & 0x70) == ENC_PCREL ? at : 0);
  uint64_t len = take_value (r, &b, r->enc & 7);
  if (b.bad)
    {
      damaged (r, off, "an FDE is cut off");
      return;
    }
  if (r->word == 4)
    {
      pc &= UINT32_MAX;
      len &= UINT32_MAX;
    }
  if (r->t->machine == EM_ARM)
    pc &= ~UINT64_C (1);
  /* Discarded code is at 0 or thereabouts; what reaches beyond the text where it begins ends there. */
  const struct layout_text *text = pctab__layout_text (r->l->texts, r->l->text_cnt, pc);
  if (!text || !len)
    return;
  uint64_t insns = (uint64_t) (b.end - b.at);
  insns += (uint64_t) (r->cie.initial_instructions_end - r->cie.initial_instructions);
  if (r->f->cnt == r->f->cap)
    {
      size_t cap = r->f->cap ? 2 * r->f->cap : 1024;
      struct fde *more = realloc (r->f->at, cap * sizeof *more);
      if (!more)
        {
          pctab__target_fail (r->t, "memory is out");
          return;
        }
      r->f->at = more;
      r->f->cap = cap;
    }
  r->f->at[r->f->cnt++]
    = (struct fde) { .pc = pc, .end = len < text->end - pc ? pc + len : text->end, .off = off, .insn_len = insns,
                     .eh = r->eh, .ra = (uint32_t) r->cie.return_address_register };
}

static void
walk (struct reading *r)
{
  Dwarf_Off off = 0, next;
  Dwarf_CFI_Entry e;
  int status;
  while ((status = dwarf_next_cfi (r->ident, (Elf_Data *) r->data, r->eh, off, &next, &e)) == 0)
    {
      if (!dwarf_cfi_cie_p (&e) && find_cie (r, e.fde.CIE_pointer, off))
        add (r, &e.fde, off);
      if (next <= off)
        break;
      off = next;
    }
  if (status < 0)
    damaged (r, off, dwarf_errmsg (-1));
}

void
pctab__fdes_read (struct fdes *f, Elf *elf, struct target *t, const struct layout *l, const char *name)
{
  struct reading r = { .f = f, .t = t, .l = l, .name = name, .eh = !strcmp (name, ".eh_frame"), .cie_off = UINT64_MAX };
  uint32_t i = 1;
  while (i < t->section_cnt && strcmp (t->sections[i].name, name))
    i++;
  if (i >= t->section_cnt || !pctab__layout_has_bytes (t, &t->sections[i]) || !t->sections[i].size)
    return;
  Elf_Scn *scn = elf_getscn (elf, i);
  if ((t->sections[i].flags & SHF_COMPRESSED) && elf_compress (scn, 0, 0) < 0)
    {
      damaged (&r, WHERE_NONE, elf_errmsg (-1));
      return;
    }
  r.data = elf_rawdata (scn, NULL);
  if (!r.data || !r.data->d_buf)
    {
      damaged (&r, WHERE_NONE, elf_errmsg (-1));
      return;
    }
  r.ident = (const unsigned char *) elf_getident (elf, NULL);
  r.addr = t->sections[i].addr;
  r.word = t->is64 ? 8 : 4;
  walk (&r);
}

static int
compare (const void *a, const void *b)
{
  const struct fde *x = a, *y = b;
  if (x->pc != y->pc)
    return x->pc < y->pc ? -1 : 1;
  if (x->eh != y->eh)
    return x->eh ? -1 : 1;
  return x->off < y->off ? -1 : x->off > y->off;
}

void
pctab__fdes_sort (struct fdes *f)
{
  if (f->cnt)
    qsort (f->at, f->cnt, sizeof *f->at, compare);
}

void
pctab__fdes_free (struct fdes *f)
{
  free (f->at);
}
