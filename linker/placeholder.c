/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why the placeholder copies sections of another input.  A linker combines the properties and attributes of all inputs:
 * x86's IBT and SHSTK and AArch64's BTI and PAC are off in the output as soon as one object does not claim them, MIPS
 * and RISC-V warn of objects that differ.  All these combinations give the same again when one input comes twice.  So a
 * copy of what an object of the link says is neutral on every architecture, now and for properties yet to come.
 *
 * The section is in a COMDAT group: a placeholder that entered through `ld -r` and the plugin's own are one, then. */
#include "placeholder.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "format.h"
#include "store.h"

struct header {
  uint64_t flags, off, size, align, entsize;
};

/* The object under construction: everything but .pctab's zeros, which follow as a hole. */
#define IMAGE_MAX (2048 + LIKE_COPIES_MAX * (LIKE_COPY_BYTES_MAX + 64))
#define SECTIONS_MAX (7 + LIKE_COPIES_MAX)

struct image {
  unsigned char bytes[IMAGE_MAX];
  size_t len;
  bool is64, big;
  char names[256];
  uint32_t names_len;
  unsigned char headers[SECTIONS_MAX * sizeof (Elf64_Shdr)];
  unsigned cnt;
};

static void
align_image (struct image *im, uint64_t align)
{
  while (align && im->len % align)
    im->bytes[im->len++] = 0;
}

static uint32_t
add_name (struct image *im, const char *name)
{
  uint32_t off = im->names_len;
  strcpy (im->names + off, name);
  im->names_len += (uint32_t) strlen (name) + 1;
  return off;
}

static void
add_header (struct image *im, const char *name, uint32_t type, const struct header *h, uint32_t link, uint32_t info)
{
  size_t word = im->is64 ? 8 : 4;
  unsigned char *p = im->headers + im->cnt++ * (im->is64 ? sizeof (Elf64_Shdr) : sizeof (Elf32_Shdr));
  store_u32 (p, add_name (im, name), im->big);
  store_u32 (p + 4, type, im->big);
  p += 8;
  uint64_t words[] = { h->flags, 0, h->off, h->size };
  for (int i = 0; i < 4; i++, p += word)
    store_word (p, words[i], im->is64, im->big);
  store_u32 (p, link, im->big);
  store_u32 (p + 4, info, im->big);
  store_word (p + 8, h->align, im->is64, im->big);
  store_word (p + 8 + word, h->entsize, im->is64, im->big);
}

/* Section numbers: the order in which placeholder_write adds them. */
enum { S_NULL, S_GROUP, S_PCTAB, S_STACK, S_SYMTAB, S_STRTAB, S_COPIES };

#define SYMBOL_NAME "__pctab_start"

static void
add_symtab (struct image *im)
{
  size_t entsize = im->is64 ? sizeof (Elf64_Sym) : sizeof (Elf32_Sym);
  align_image (im, 8);
  struct header h = { .off = im->len, .size = 2 * entsize, .align = im->is64 ? 8 : 4, .entsize = entsize };
  memset (im->bytes + im->len, 0, 2 * entsize);
  unsigned char *p = im->bytes + im->len + entsize;
  store_u32 (p, 1, im->big);
  p += im->is64 ? 4 : 12;
  p[0] = ELF64_ST_INFO (STB_GLOBAL, STT_NOTYPE);
  p[1] = STV_HIDDEN;
  store_u16 (p + 2, S_PCTAB, im->big);
  im->len += 2 * entsize;
  add_header (im, ".symtab", SHT_SYMTAB, &h, S_STRTAB, 1);
  h = (struct header){ .off = im->len, .size = 1 + sizeof SYMBOL_NAME, .align = 1 };
  memcpy (im->bytes + im->len, "\0" SYMBOL_NAME, h.size);
  im->len += h.size;
  add_header (im, ".strtab", SHT_STRTAB, &h, 0, 0);
}

static void
add_copies (struct image *im, const struct like *like)
{
  for (unsigned i = 0; i < like->copy_cnt; i++)
    {
      const struct like_copy *copy = &like->copies[i];
      uint64_t align = copy->align <= 16 ? copy->align : 16;
      align_image (im, align);
      struct header h = { .flags = copy->flags, .off = im->len, .size = copy->len, .align = align,
                          .entsize = copy->entsize };
      memcpy (im->bytes + im->len, copy->data, copy->len);
      im->len += copy->len;
      add_header (im, copy->name, copy->type, &h, 0, 0);
    }
}

static size_t
add_ehdr (struct image *im, const struct like *like)
{
  unsigned char *p = im->bytes;
  memset (p, 0, sizeof (Elf64_Ehdr));
  memcpy (p, like->ident, EI_NIDENT);
  store_u16 (p + 16, ET_REL, im->big);
  store_u16 (p + 18, like->machine, im->big);
  store_u32 (p + 20, EV_CURRENT, im->big);
  size_t at = im->is64 ? 48 : 36; /* e_flags */
  store_u32 (p + at, like->flags, im->big);
  store_u16 (p + at + 4, im->is64 ? sizeof (Elf64_Ehdr) : sizeof (Elf32_Ehdr), im->big);
  store_u16 (p + at + 10, im->is64 ? sizeof (Elf64_Shdr) : sizeof (Elf32_Shdr), im->big);
  return im->is64 ? sizeof (Elf64_Ehdr) : sizeof (Elf32_Ehdr);
}

static void
close_image (struct image *im)
{
  struct header h = { .off = im->len, .align = 1 };
  unsigned char *header = im->headers + im->cnt * (im->is64 ? sizeof (Elf64_Shdr) : sizeof (Elf32_Shdr));
  add_header (im, ".shstrtab", SHT_STRTAB, &h, 0, 0);
  store_word (header + (im->is64 ? 32 : 20), im->names_len, im->is64, im->big);
  memcpy (im->bytes + im->len, im->names, im->names_len);
  im->len += im->names_len;
  align_image (im, 16);
  size_t at = im->is64 ? 40 : 32; /* e_shoff */
  store_word (im->bytes + at, im->len, im->is64, im->big);
  at = im->is64 ? 60 : 48; /* e_shnum, e_shstrndx */
  store_u16 (im->bytes + at, (uint16_t) im->cnt, im->big);
  store_u16 (im->bytes + at + 2, (uint16_t) (im->cnt - 1), im->big);
  size_t headers_len = im->cnt * (im->is64 ? sizeof (Elf64_Shdr) : sizeof (Elf32_Shdr));
  memcpy (im->bytes + im->len, im->headers, headers_len);
  im->len += headers_len;
  align_image (im, 16);
}

bool
pctab__placeholder_write (int fd, const struct like *like, uint64_t reserve)
{
  struct image *im = calloc (1, sizeof *im);
  if (!im)
    return false;
  im->is64 = like->ident[EI_CLASS] == ELFCLASS64;
  im->big = like->ident[EI_DATA] == ELFDATA2MSB;
  if (reserve < PLACEHOLDER_BYTES_MIN)
    reserve = PLACEHOLDER_BYTES_MIN;
  im->len = add_ehdr (im, like);
  struct header none = { .align = 0 };
  add_header (im, "", SHT_NULL, &none, 0, 0);
  struct header group = { .off = im->len, .size = 8, .align = 4, .entsize = 4 };
  store_u32 (im->bytes + im->len, GRP_COMDAT, im->big);
  store_u32 (im->bytes + im->len + 4, S_PCTAB, im->big);
  im->len += 8;
  add_header (im, ".group", SHT_GROUP, &group, S_SYMTAB, 1);
  struct header table = { .flags = SHF_ALLOC | SHF_GROUP, .size = reserve, .align = 16 };
  unsigned char *table_header = im->headers + im->cnt * (im->is64 ? sizeof (Elf64_Shdr) : sizeof (Elf32_Shdr));
  add_header (im, ".pctab", SHT_PROGBITS, &table, 0, 0);
  struct header stack = { .off = im->len, .align = 1 };
  add_header (im, ".note.GNU-stack", SHT_PROGBITS, &stack, 0, 0);
  add_symtab (im);
  add_copies (im, like);
  /* .pctab's offset is that of the object's end; its header is patched before close_image copies it. */
  size_t headers_len = (im->cnt + 1) * (im->is64 ? sizeof (Elf64_Shdr) : sizeof (Elf32_Shdr));
  size_t at = (im->len + im->names_len + sizeof ".shstrtab" + 15) / 16 * 16 + headers_len;
  at = (at + 15) / 16 * 16;
  store_word (table_header + (im->is64 ? 24 : 16), at, im->is64, im->big);
  close_image (im);
  memcpy (im->bytes + im->len, PCTAB_MAGIC, PCTAB_MAGIC_LEN);
  store_u32 (im->bytes + im->len + PCTAB_H_VERSION, 0, im->big);
  store_u32 (im->bytes + im->len + PCTAB_H_SIZE, (uint32_t) reserve, im->big);
  im->len += PLACEHOLDER_BYTES_MIN;
  bool good = im->len == at + PLACEHOLDER_BYTES_MIN && pwrite (fd, im->bytes, im->len, 0) == (ssize_t) im->len
              && !ftruncate (fd, (off_t) (at + reserve));
  free (im);
  return good;
}
