/* SPDX-License-Identifier: MIT */
#include "cfi.h"

#include <inttypes.h>

/* DW_EH_PE_*: LSB Core, "DWARF Exception Header Encoding". */
enum {
  PE_ABSPTR = 0,
  PE_ULEB = 1,
  PE_UDATA2 = 2,
  PE_UDATA4 = 3,
  PE_UDATA8 = 4,
  PE_SIGNED = 8,
  PE_SLEB = 9,
  PE_SDATA2 = 10,
  PE_SDATA4 = 11,
  PE_SDATA8 = 12,
  PE_PCREL = 0x10,
  PE_TEXTREL = 0x20,
  PE_DATAREL = 0x30,
  PE_ALIGNED = 0x50,
  PE_INDIRECT = 0x80,
  PE_OMIT = 0xff,
};

bool
pctab__cfi_error (const struct cfi_section *s, size_t off, const char *what, struct diag *d)
{
  return pctab__diag_error (d, s->name,
                            "the entry at 0x%zx %s; find the object it came from (readelf -wf) and build that anew",
                            off, what);
}

/* A zero length ends the part of one input, not the section: crtend.o's terminator may stand in the middle. */
int
pctab__cfi_entry_next (const struct cfi_section *s, size_t *pos, struct cfi_entry *e, struct diag *d)
{
  struct cursor c = { s->data + *pos, s->data + s->len, s->big, false };
  uint32_t len32 = 0;
  while (cursor_left (&c) >= 4 && !len32)
    {
      e->off = (size_t) (c.pos - s->data);
      len32 = cursor_u32 (&c);
    }
  if (!len32)
    return 0;
  bool wide = len32 == UINT32_MAX;
  uint64_t len = wide ? cursor_u64 (&c) : len32;
  if (c.bad || len > cursor_left (&c) || (!wide && len32 >= 0xfffffff0))
    return pctab__cfi_error (s, e->off, "is longer than the section", d) - 1;
  e->id_off = (size_t) (c.pos - s->data);
  e->body = (struct cursor){ c.pos, c.pos + len, s->big, false };
  *pos = (size_t) (c.pos + len - s->data);
  /* .eh_frame keeps 4 bytes in 64-bit entries too (LSB), .debug_frame does not. */
  bool wide_id = wide && !s->eh;
  e->id = wide_id ? cursor_u64 (&e->body) : cursor_u32 (&e->body);
  if (e->body.bad)
    return pctab__cfi_error (s, e->off, "is too short", d) - 1;
  e->is_cie = e->id == (s->eh ? 0 : wide_id ? UINT64_MAX : UINT32_MAX);
  return 1;
}

/* A value in one of the PE formats, not yet relative to anything. */
static uint64_t
read_value (struct cursor *c, unsigned format, unsigned addr_len)
{
  switch (format)
    {
    case PE_ABSPTR:
    case PE_SIGNED:
      return addr_len == 8 ? cursor_u64 (c) : cursor_u32 (c);
    case PE_ULEB:
      return cursor_uleb (c);
    case PE_SLEB:
      return (uint64_t) cursor_sleb (c);
    case PE_UDATA2:
      return cursor_u16 (c);
    case PE_SDATA2:
      return (uint64_t) (int16_t) cursor_u16 (c);
    case PE_UDATA4:
      return cursor_u32 (c);
    case PE_SDATA4:
      return (uint64_t) (int32_t) cursor_u32 (c);
    case PE_UDATA8:
    case PE_SDATA8:
      return cursor_u64 (c);
    default:
      cursor_fail (c);
      return 0;
    }
}

static void
align_cursor (const struct cfi_section *s, struct cursor *c, unsigned align)
{
  uint64_t at = s->addr + (uint64_t) (c->pos - s->data);
  cursor_take (c, -at & (align - 1));
}

/* INDIRECT would need the memory of the running program, FUNCREL a function: neither occurs in an FDE's addresses. */
uint64_t
pctab__cfi_address (const struct cfi_section *s, struct cursor *c, unsigned encoding, unsigned addr_len)
{
  uint64_t base = 0;
  switch (encoding & ~0x0fu)
    {
    case 0:
      break;
    case PE_PCREL:
      base = s->addr + (uint64_t) (c->pos - s->data);
      break;
    case PE_TEXTREL:
      base = s->text_base;
      break;
    case PE_DATAREL:
      base = s->data_base;
      break;
    case PE_ALIGNED:
      align_cursor (s, c, addr_len);
      encoding = PE_ABSPTR;
      break;
    default:
      cursor_fail (c);
      return 0;
    }
  uint64_t value = base + read_value (c, encoding & 0x0f, addr_len);
  return s->arch->word == 4 ? (uint32_t) value : value;
}

/* Lengths are never negative: what a signed format would extend is a large length. */
static uint64_t
read_length (const struct cfi_section *s, struct cursor *c, unsigned encoding, unsigned addr_len)
{
  if ((encoding & 0x70) == PE_ALIGNED)
    {
      align_cursor (s, c, addr_len);
      encoding = PE_ABSPTR;
    }
  unsigned format = encoding & 0x0f;
  if (format >= PE_SDATA2)
    format -= PE_SIGNED;
  return read_value (c, format, addr_len);
}

/* The personality routine is of no interest, but stands in the way of what follows it. */
static void
skip_personality (const struct cfi_section *s, struct cursor *c, unsigned addr_len)
{
  unsigned encoding = cursor_u8 (c);
  if (encoding != PE_OMIT)
    read_length (s, c, encoding, addr_len);
}

/* The letters behind z, each with its data in C.  A letter that nobody knows ends it: z says how long the data is. */
static void
read_augmentation (const struct cfi_section *s, const char *letters, struct cursor *c, struct cfi_cie *cie)
{
  for (; *letters; letters++)
    switch (*letters)
      {
      case 'R':
        cie->encoding = cursor_u8 (c);
        break;
      case 'P':
        skip_personality (s, c, cie->addr_len);
        break;
      case 'L':
        cursor_u8 (c);
        break;
      case 'S':
        cie->is_signal = true;
        break;
      case 'B': /* aarch64: return addresses signed with key B */
      case 'G': /* aarch64: tagged stack */
        break;
      default:
        return;
      }
}

/* A version or augmentation that is unknown leaves its FDEs unreadable but the section whole. */
bool
pctab__cfi_cie_read (const struct cfi_section *s, struct cfi_entry *e, struct cfi_cie *cie, struct diag *d)
{
  struct cursor *c = &e->body;
  memset (cie, 0, sizeof *cie);
  cie->off = e->off;
  cie->addr_len = s->arch->word;
  unsigned version = cursor_u8 (c);
  const char *letters = cursor_str (c);
  if (!letters)
    return pctab__cfi_error (s, e->off, "is a CIE that ends in its augmentation string", d);
  bool eh_data = letters[0] == 'e' && letters[1] == 'h';
  if (eh_data)
    letters += 2;
  if ((version != 1 && version != 3 && version != 4) || (*letters && *letters != 'z'))
    return true;
  if (version == 4)
    {
      cie->addr_len = cursor_u8 (c);
      cie->segment_len = cursor_u8 (c);
      if (cie->addr_len != 4 && cie->addr_len != 8)
        return true;
    }
  if (eh_data)
    cursor_take (c, cie->addr_len);
  cie->code_align = cursor_uleb (c);
  cie->data_align = cursor_sleb (c);
  uint64_t ra = version == 1 ? cursor_u8 (c) : cursor_uleb (c);
  cie->ra = ra < UINT32_MAX ? (uint32_t) ra : UINT32_MAX - 1;
  if (*letters == 'z')
    {
      cie->sized = true;
      uint64_t len = cursor_uleb (c);
      const unsigned char *data = cursor_take (c, len);
      struct cursor inner = { data, c->pos, s->big, !data };
      if (data)
        read_augmentation (s, letters + 1, &inner, cie);
      c->bad |= inner.bad;
    }
  if (c->bad)
    return pctab__cfi_error (s, e->off, "is a CIE that is too short for its parts", d);
  cie->usable = true;
  return true;
}

bool
pctab__cfi_fde_read (const struct cfi_section *s, const struct cfi_entry *e, const struct cfi_cie *cie,
                     struct cfi_fde *fde, struct diag *d)
{
  struct cursor c = e->body;
  cursor_take (&c, cie->segment_len);
  fde->off = e->off;
  fde->pc = pctab__cfi_address (s, &c, cie->encoding, cie->addr_len);
  fde->len = read_length (s, &c, cie->encoding, cie->addr_len);
  if (cie->sized)
    cursor_take (&c, cursor_uleb (&c));
  fde->program = c;
  if (c.bad)
    return pctab__cfi_error (s, e->off, "is an FDE that is too short or has an address in an unknown encoding", d);
  return true;
}
