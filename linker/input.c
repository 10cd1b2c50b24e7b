/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A look at an input's headers, cheap enough for every object of a link: no contents are read but those of a few notes
 * of the first, and relocations of records (OBJECT-FORMAT) where an object has some. */
#include "input.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cursor.h"

#define HEADERS_MAX (64u << 20) /* bytes of section headers or names that are read; no real object comes near */

static const char *const like_names[LIKE_COPIES_MAX]
  = { ".note.gnu.property", ".MIPS.abiflags", ".gnu.attributes", ".riscv.attributes" };

struct header {
  const char *name;
  uint32_t name_off, type;
  uint64_t flags, off, size, align, entsize;
  uint32_t link, info;
};

static bool
read_at (int fd, void *to, uint64_t len, off_t off)
{
  unsigned char *p = to;
  while (len)
    {
      ssize_t n = pread (fd, p, len, off);
      if (n <= 0)
        {
          if (n < 0 && errno == EINTR)
            continue;
          return false;
        }
      p += n;
      off += n;
      len -= (uint64_t) n;
    }
  return true;
}

static struct header
read_header (struct cursor *c, bool is64)
{
  struct header h = { .name = "" };
  h.name_off = cursor_u32 (c);
  h.type = cursor_u32 (c);
  h.flags = is64 ? cursor_u64 (c) : cursor_u32 (c);
  (void) (is64 ? cursor_u64 (c) : cursor_u32 (c));
  h.off = is64 ? cursor_u64 (c) : cursor_u32 (c);
  h.size = is64 ? cursor_u64 (c) : cursor_u32 (c);
  h.link = cursor_u32 (c);
  h.info = cursor_u32 (c);
  h.align = is64 ? cursor_u64 (c) : cursor_u32 (c);
  h.entsize = is64 ? cursor_u64 (c) : cursor_u32 (c);
  return h;
}

static void
copy_section (int fd, off_t off, uint64_t len, const struct header *h, struct like *like)
{
  for (unsigned i = 0; i < LIKE_COPIES_MAX; i++)
    if (!strcmp (h->name, like_names[i]) && like->copy_cnt < LIKE_COPIES_MAX && h->type != SHT_NOBITS
        && h->size && h->size <= LIKE_COPY_BYTES_MAX && h->off <= len && h->size <= len - h->off)
      {
        unsigned char *data = malloc (h->size);
        if (data && read_at (fd, data, h->size, off + (off_t) h->off))
          like->copies[like->copy_cnt++] = (struct like_copy){ like_names[i], h->type, h->flags & SHF_ALLOC, h->align,
                                                               h->entsize, data, (uint32_t) h->size };
        else
          free (data);
      }
}

static void
count_section (const struct header *h, struct input_sizes *sizes)
{
  if ((h->flags & SHF_ALLOC) && (h->flags & SHF_EXECINSTR))
    sizes->text += h->size;
  else if (h->type == SHT_SYMTAB || h->type == SHT_STRTAB)
    sizes->symbol += h->size;
  else if (!strncmp (h->name, ".debug_", 7))
    {
      /* Compressed sections say their size inside; two to one is usual for lines. */
      uint64_t size = h->flags & SHF_COMPRESSED ? h->size * 2 : h->size;
      if (!strcmp (h->name + 7, "line"))
        sizes->line += size;
      else if (!strcmp (h->name + 7, "info"))
        sizes->info += size;
    }
  else if (!strcmp (h->name, ".eh_frame"))
    sizes->frame += h->size;
  else if (!strcmp (h->name, ".pcsp"))
    sizes->frame += h->size / 4; /* a row has 28 bytes */
  else if (!strcmp (h->name, ".pcln"))
    sizes->line += h->size / 2; /* a step has 16 */
  else if (!strcmp (h->name, ".pcdata"))
    sizes->mark += h->size;
}

struct object {
  bool is64, big;
  uint16_t machine;
  uint32_t flags;
  uint64_t shoff;
  uint32_t shnum, shstrndx;
};

static bool
read_object (const unsigned char *data, size_t len, struct object *o)
{
  if (len < sizeof (Elf32_Ehdr) || memcmp (data, ELFMAG, SELFMAG) || data[EI_VERSION] != EV_CURRENT
      || (data[EI_CLASS] != ELFCLASS32 && data[EI_CLASS] != ELFCLASS64)
      || (data[EI_DATA] != ELFDATA2LSB && data[EI_DATA] != ELFDATA2MSB))
    return false;
  o->is64 = data[EI_CLASS] == ELFCLASS64;
  o->big = data[EI_DATA] == ELFDATA2MSB;
  struct cursor c = cursor_over (data + EI_NIDENT, len - EI_NIDENT, o->big);
  uint16_t type = cursor_u16 (&c);
  o->machine = cursor_u16 (&c);
  cursor_u32 (&c);
  cursor_take (&c, o->is64 ? 16 : 8);
  o->shoff = o->is64 ? cursor_u64 (&c) : cursor_u32 (&c);
  o->flags = cursor_u32 (&c);
  cursor_take (&c, 6);
  uint16_t shentsize = cursor_u16 (&c);
  o->shnum = cursor_u16 (&c);
  o->shstrndx = cursor_u16 (&c);
  return !c.bad && type == ET_REL && shentsize == (o->is64 ? sizeof (Elf64_Shdr) : sizeof (Elf32_Shdr));
}

/* LEN bytes at AT of the object, in a buffer that is kept from call to call. */
static const unsigned char *
read_part (int fd, off_t off, uint64_t object_len, uint64_t at, uint64_t len, unsigned char **buf, size_t *cap)
{
  if (at > object_len || len > object_len - at || len > HEADERS_MAX)
    return NULL;
  if (*cap < len)
    {
      unsigned char *more = realloc (*buf, len + len / 2);
      if (!more)
        return NULL;
      *buf = more;
      *cap = len + len / 2;
    }
  return read_at (fd, *buf, len, off + (off_t) at) ? *buf : NULL;
}

/* --- records that ld -r has joined --------------------------------------- */

#define RELOCATION_CHUNK 65536

static const char *
record_name (const struct header *h)
{
  static const char *const names[] = { ".pcdata", ".pcsp", ".pcln" };
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (!(h->flags & SHF_ALLOC) && (h->flags & SHF_LINK_ORDER) && !strcmp (h->name, names[i]))
      return names[i];
  return NULL;
}

struct input {
  int fd;
  off_t off;
  uint64_t len;
  const struct object *o;
  const unsigned char *headers;
  uint32_t cnt;
  /* The symbol table's sections by number, and those beyond 16 bits. */
  const unsigned char *symbols, *wide;
  uint64_t symbol_cnt, wide_cnt;
};

static struct header
header_at (const struct input *in, uint32_t idx)
{
  size_t entsize = in->o->is64 ? sizeof (Elf64_Shdr) : sizeof (Elf32_Shdr);
  struct cursor c = cursor_over (in->headers + idx * entsize, entsize, in->o->big);
  return read_header (&c, in->o->is64);
}

static bool
read_symbols (struct input *in, uint32_t table)
{
  static unsigned char *symbols_buf, *wide_buf;
  static size_t symbols_cap, wide_cap;
  if (in->symbols || table >= in->cnt)
    return in->symbols;
  struct header h = header_at (in, table);
  in->symbols = read_part (in->fd, in->off, in->len, h.off, h.size, &symbols_buf, &symbols_cap);
  in->symbol_cnt = h.size / (in->o->is64 ? sizeof (Elf64_Sym) : sizeof (Elf32_Sym));
  for (uint32_t i = 1; i < in->cnt && !in->wide; i++)
    {
      h = header_at (in, i);
      if (h.type != SHT_SYMTAB_SHNDX || h.link != table)
        continue;
      in->wide = read_part (in->fd, in->off, in->len, h.off, h.size, &wide_buf, &wide_cap);
      in->wide_cnt = in->wide ? h.size / 4 : 0;
    }
  return in->symbols;
}

/* The section of symbol IDX; 0: none. */
static uint32_t
section_of (const struct input *in, uint64_t idx)
{
  if (idx >= in->symbol_cnt)
    return 0;
  const unsigned char *at = in->o->is64 ? in->symbols + idx * sizeof (Elf64_Sym) + offsetof (Elf64_Sym, st_shndx)
                                        : in->symbols + idx * sizeof (Elf32_Sym) + offsetof (Elf32_Sym, st_shndx);
  uint32_t section = load_u16 (at, in->o->big);
  if (section == SHN_XINDEX)
    return idx < in->wide_cnt ? load_u32 (in->wide + 4 * idx, in->o->big) : 0;
  return section < SHN_LORESERVE ? section : 0;
}

/* Does a relocation of section R name code of another section than that which the records are tied to?  A word or two
 * and, with addends, another one. */
static bool
is_joined (const struct input *in, const struct header *r, const struct header *records)
{
  unsigned char chunk[RELOCATION_CHUNK];
  size_t word = in->o->is64 ? 8 : 4, entry = (r->type == SHT_RELA ? 3 : 2) * word;
  uint64_t last = 0; /* symbol asked for; mostly they all name their section's */
  if (r->off > in->len || r->size > in->len - r->off)
    return false;
  for (uint64_t at = 0; at + entry <= r->size;)
    {
      size_t cnt = RELOCATION_CHUNK / entry;
      if ((r->size - at) / entry < cnt)
        cnt = (size_t) ((r->size - at) / entry);
      if (!read_at (in->fd, chunk, cnt * entry, in->off + (off_t) (r->off + at)))
        return false;
      at += cnt * entry;
      for (size_t i = 0; i < cnt; i++)
        {
          const unsigned char *info = chunk + i * entry + word;
          uint64_t symbol = in->o->is64 ? load_u64 (info, in->o->big) >> 32 : load_u32 (info, in->o->big) >> 8;
          if (symbol == last)
            continue;
          uint32_t section = section_of (in, symbol);
          if (section && section != records->link && section != r->info)
            return true;
          last = symbol;
        }
    }
  return false;
}

/* The name of the first section whose records were joined, or NULL. */
static const char *
find_joined (struct input *in, const unsigned char *names, uint64_t names_len)
{
  for (uint32_t i = 1; i < in->cnt; i++)
    {
      struct header r = header_at (in, i);
      if ((r.type != SHT_REL && r.type != SHT_RELA) || !r.info || r.info >= in->cnt)
        continue;
      struct header records = header_at (in, r.info);
      if (records.name_off < names_len)
        records.name = (const char *) names + records.name_off;
      const char *name = record_name (&records);
      if (name && read_symbols (in, r.link) && is_joined (in, &r, &records))
        return name;
    }
  return NULL;
}

/* --- headers ------------------------------------------------------------ */

/* The name of a section of joined records, or NULL. */
static const char *
walk_sections (int fd, off_t off, uint64_t len, const struct object *o, struct input_sizes *sizes, struct like *like)
{
  static unsigned char *headers_buf, *names_buf;
  static size_t headers_cap, names_cap;
  size_t entsize = o->is64 ? sizeof (Elf64_Shdr) : sizeof (Elf32_Shdr);
  uint32_t cnt = o->shnum, names_idx = o->shstrndx;
  const unsigned char *at = read_part (fd, off, len, o->shoff, entsize, &headers_buf, &headers_cap);
  if (!at)
    return NULL;
  struct cursor c = cursor_over (at, entsize, o->big);
  struct header first = read_header (&c, o->is64);
  if (!cnt && first.size <= UINT32_MAX)
    cnt = (uint32_t) first.size;
  if (names_idx == SHN_XINDEX)
    names_idx = load_u32 (at + (o->is64 ? 40 : 24), o->big);
  at = read_part (fd, off, len, o->shoff, (uint64_t) cnt * entsize, &headers_buf, &headers_cap);
  if (!at || names_idx >= cnt)
    return NULL;
  c = cursor_over (at + names_idx * entsize, entsize, o->big);
  struct header names_header = read_header (&c, o->is64);
  const unsigned char *names = read_part (fd, off, len, names_header.off, names_header.size, &names_buf, &names_cap);
  if (!names || !names_header.size || names[names_header.size - 1])
    return NULL;
  bool records = false;
  c = cursor_over (at, (size_t) cnt * entsize, o->big);
  for (uint32_t i = 0; i < cnt; i++)
    {
      struct header h = read_header (&c, o->is64);
      if (h.name_off < names_header.size)
        h.name = (const char *) names + h.name_off;
      count_section (&h, sizes);
      if (like)
        copy_section (fd, off, len, &h, like);
      records |= record_name (&h) != NULL;
    }
  struct input in = { .fd = fd, .off = off, .len = len, .o = o, .headers = at, .cnt = cnt };
  return records ? find_joined (&in, names, names_header.size) : NULL;
}

bool
pctab__input_read (int fd, off_t off, uint64_t len, struct input_sizes *sizes, struct like *like, const char **joined)
{
  unsigned char head[sizeof (Elf64_Ehdr)] = { 0 };
  struct object o;
  size_t head_len = len < sizeof head ? (size_t) len : sizeof head;
  *joined = NULL;
  if (!read_at (fd, head, head_len, off) || !read_object (head, head_len, &o))
    return false;
  bool first = !like->known;
  if (first)
    {
      like->known = true;
      memcpy (like->ident, head, EI_NIDENT);
      like->machine = o.machine;
      like->flags = o.flags;
    }
  *joined = walk_sections (fd, off, len, &o, sizes, first ? like : NULL);
  return true;
}

void
pctab__like_free (struct like *like)
{
  for (unsigned i = 0; i < like->copy_cnt; i++)
    free (like->copies[i].data);
  memset (like, 0, sizeof *like);
}

void
pctab__like_host (struct like *like)
{
  memset (like, 0, sizeof *like);
  memcpy (like->ident, ELFMAG, SELFMAG);
  like->ident[EI_CLASS] = sizeof (void *) == 8 ? ELFCLASS64 : ELFCLASS32;
  like->ident[EI_DATA] = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? ELFDATA2MSB : ELFDATA2LSB;
  like->ident[EI_VERSION] = EV_CURRENT;
#if defined __x86_64__
  like->machine = EM_X86_64;
#elif defined __i386__
  like->machine = EM_386;
#elif defined __aarch64__
  like->machine = EM_AARCH64;
#elif defined __powerpc64__
  like->machine = EM_PPC64;
  like->flags = 2;
#elif defined __s390x__
  like->machine = EM_S390;
#elif defined __riscv
  like->machine = EM_RISCV;
  like->flags = 5;
#elif defined __arm__
  like->machine = EM_ARM;
  like->flags = EF_ARM_EABI_VER5;
#elif defined __mips__
  like->machine = EM_MIPS;
#endif
  like->known = true;
}

/* Below this, writing the output anew takes less than what the room costs in ld. */
#define SMALL_BYTES (1u << 20)

/* Fitted to tables of gcc -O2 -g: a byte of .debug_line takes about a quarter of one, a byte of .eh_frame half a one, a
 * byte of symbols and their names a thirtieth; and 15% more.  A mark of 24 bytes takes up to four.  So lua, sqlite, a
 * C++ program, openssl, PostgreSQL and gold have 11 to 27% too much room, which is a hole in the file; too little would
 * cost a copy of it. */

uint64_t
pctab__reserve_estimate (const struct input_sizes *s)
{
  if (s->line + s->info + s->symbol + s->mark < SMALL_BYTES)
    return 0;
  uint64_t bytes = (9 * s->line + 17 * s->frame + s->symbol + 4 * s->mark) / 32;
  bytes = (bytes + 4095) / 4096 * 4096;
  return bytes < UINT32_MAX / 2 ? bytes : 0;
}
