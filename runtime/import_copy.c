/* SPDX-License-Identifier: MIT */
/* How many bytes .eh_frame has, no program header says.  .eh_frame_hdr lists the FDEs by address, so the last of them in
 * memory ends it; a zero length does not, since it may stand between the parts of two objects. */
#include "import_file.h"

#include <stddef.h>
#include <string.h>

#include "arch.h"
#include "cfi.h"
#include "memory.h"

#define PE_OMIT 0xff
#define HDR_MAX (256u << 20)    /* bytes of .eh_frame_hdr: larger is damaged */
#define CHAIN_WORDS 64

/* Memory of one file */

/* The readable bytes from ADDR on, up to the end of the segment; 0: it is in none. */
static size_t
left_at (const struct dl_phdr_info *info, uintptr_t addr)
{
  for (unsigned i = 0; i < info->dlpi_phnum; i++)
    {
      const ElfW (Phdr) *ph = &info->dlpi_phdr[i];
      uintptr_t off = addr - (uintptr_t) (info->dlpi_addr + ph->p_vaddr);
      if (ph->p_type == PT_LOAD && (ph->p_flags & PF_R) && off < ph->p_memsz)
        return ph->p_memsz - off;
    }
  return 0;
}

static bool
read_at (const struct dl_phdr_info *info, uintptr_t addr, void *to, size_t len)
{
  return left_at (info, addr) >= len && pctab__memory_read (to, addr, len);
}

static const ElfW (Phdr) *
find_segment (const struct dl_phdr_info *info, unsigned type)
{
  for (unsigned i = 0; i < info->dlpi_phnum; i++)
    if (info->dlpi_phdr[i].p_type == type)
      return &info->dlpi_phdr[i];
  return NULL;
}

/* Code */

static void
add_text (struct import_file *f, uintptr_t lo, uintptr_t hi)
{
  unsigned i = f->text_cnt;
  if (hi <= lo || i == IMPORT_TEXTS_MAX)
    return;
  for (; i > 0 && f->texts[i - 1].lo > lo; i--)
    f->texts[i] = f->texts[i - 1];
  f->texts[i] = (struct import_text){ lo, hi };
  f->text_cnt++;
}

static void
find_texts (const struct dl_phdr_info *info, struct import_file *f)
{
  for (unsigned i = 0; i < info->dlpi_phnum; i++)
    {
      const ElfW (Phdr) *ph = &info->dlpi_phdr[i];
      uintptr_t lo = (uintptr_t) (info->dlpi_addr + ph->p_vaddr);
      if (ph->p_type == PT_LOAD && (ph->p_flags & PF_X))
        add_text (f, lo, lo + ph->p_memsz);
    }
}

/* .eh_frame */

/* Where the entry at ADDR ends; 0: it can't be read. */
static uintptr_t
entry_end (const struct dl_phdr_info *info, uintptr_t addr)
{
  uint32_t len32;
  uint64_t len;
  if (!read_at (info, addr, &len32, 4))
    return 0;
  if (len32 != UINT32_MAX)
    return addr + 4 + len32;
  return read_at (info, addr + 4, &len, 8) && len < UINT32_MAX ? addr + 12 + (uintptr_t) len : 0;
}

/* Without a list of FDEs the entries are followed up to a zero length or the segment's end. */
static uintptr_t
walk_entries (const struct dl_phdr_info *info, uintptr_t addr)
{
  uintptr_t end = addr + left_at (info, addr), next = addr, at;
  do
    {
      at = next;
      next = entry_end (info, at);
    }
  while (next > at + 4 && next <= end);
  return at;
}

/* From the copy of .eh_frame_hdr in S. */
static void
bound_eh_frame (const struct dl_phdr_info *info, const struct cfi_section *s, struct import_bytes *eh)
{
  struct cursor c = cursor_over (s->data, s->len, s->big);
  unsigned version = cursor_u8 (&c), at_enc = cursor_u8 (&c), cnt_enc = cursor_u8 (&c), enc = cursor_u8 (&c);
  unsigned word = s->arch->word;
  uintptr_t addr = (uintptr_t) pctab__cfi_address (s, &c, at_enc, word), last = 0, end;
  if (c.bad || version != 1)
    return;
  uint64_t cnt = cnt_enc == PE_OMIT || enc == PE_OMIT ? 0 : pctab__cfi_address (s, &c, cnt_enc, word);
  for (uint64_t i = 0; i < cnt && !c.bad; i++)
    {
      pctab__cfi_address (s, &c, enc, word);
      uintptr_t fde = (uintptr_t) pctab__cfi_address (s, &c, enc, word);
      last = !c.bad && fde > last ? fde : last;
    }
  end = cnt ? entry_end (info, last) : walk_entries (info, addr);
  if (c.bad || end <= addr || end - addr > left_at (info, addr) || last > end)
    return;
  *eh = (struct import_bytes){ .len = end - addr, .addr = addr };
}

static void
find_eh_frame (const struct dl_phdr_info *info, const struct arch *arch, struct import_bytes *eh)
{
  const ElfW (Phdr) *ph = find_segment (info, PT_GNU_EH_FRAME);
  uintptr_t addr = ph ? (uintptr_t) (info->dlpi_addr + ph->p_vaddr) : 0;
  size_t len = ph && ph->p_memsz <= left_at (info, addr) ? ph->p_memsz : 0;
  unsigned char *copy = len && len < HDR_MAX ? pctab__memory_map (len) : NULL;
  if (!copy)
    return;
  struct cfi_section s = { .name = ".eh_frame_hdr", .data = copy, .len = len, .addr = addr, .data_base = addr,
                           .arch = arch, .big = IMPORT_BIG, .eh = true };
  if (read_at (info, addr, copy, len))
    bound_eh_frame (info, &s, eh);
  pctab__memory_unmap (copy, len);
}

/* Symbols */

struct dynamic {
  uintptr_t symbols, names, hash, gnu_hash;
  size_t names_len;
};

/* Some C libraries on some machines have added the bias in place, others not; the vDSO's is never added. */
static uintptr_t
dynamic_addr (const struct dl_phdr_info *info, uintptr_t value)
{
  if (left_at (info, value))
    return value;
  return left_at (info, (uintptr_t) (info->dlpi_addr + value)) ? (uintptr_t) (info->dlpi_addr + value) : 0;
}

static bool
read_dynamic (const struct dl_phdr_info *info, struct dynamic *dyn)
{
  const ElfW (Phdr) *ph = find_segment (info, PT_DYNAMIC);
  uintptr_t addr = ph ? (uintptr_t) (info->dlpi_addr + ph->p_vaddr) : 0;
  ElfW (Dyn) d = { .d_tag = DT_SYMTAB };
  for (size_t i = 0; ph && i < ph->p_memsz / sizeof d && d.d_tag != DT_NULL; i++, addr += sizeof d)
    {
      if (!read_at (info, addr, &d, sizeof d))
        return false;
      switch (d.d_tag)
        {
        case DT_SYMTAB: dyn->symbols = dynamic_addr (info, d.d_un.d_ptr); break;
        case DT_STRTAB: dyn->names = dynamic_addr (info, d.d_un.d_ptr); break;
        case DT_STRSZ: dyn->names_len = d.d_un.d_val; break;
        case DT_HASH: dyn->hash = dynamic_addr (info, d.d_un.d_ptr); break;
        case DT_GNU_HASH: dyn->gnu_hash = dynamic_addr (info, d.d_un.d_ptr); break;
        }
    }
  return dyn->symbols && dyn->names;
}

/* The highest number in the buckets of a DT_GNU_HASH; 0: none. */
static uint32_t
highest_bucket (const struct dl_phdr_info *info, uintptr_t buckets, uint32_t cnt)
{
  uint32_t words[CHAIN_WORDS], highest = 0;
  for (uint32_t i = 0, part; i < cnt; i += part, buckets += part * sizeof *words)
    {
      part = cnt - i < CHAIN_WORDS ? cnt - i : CHAIN_WORDS;
      if (!read_at (info, buckets, words, part * sizeof *words))
        return 0;
      for (uint32_t k = 0; k < part; k++)
        highest = words[k] > highest ? words[k] : highest;
    }
  return highest;
}

/* Buckets name the first symbol of a chain; the last one of a chain has bit 0 set. */
static size_t
count_by_gnu_hash (const struct dl_phdr_info *info, uintptr_t addr)
{
  uint32_t head[4]; /* buckets, first symbol, words of the filter, a shift */
  if (!addr || !read_at (info, addr, head, sizeof head) || left_at (info, addr) / sizeof (ElfW (Addr)) < head[2])
    return 0;
  uintptr_t buckets = addr + sizeof head + head[2] * sizeof (ElfW (Addr));
  if (left_at (info, buckets) / 4 < head[0])
    return 0;
  uint32_t i = highest_bucket (info, buckets, head[0]), link;
  uintptr_t chains = buckets + head[0] * (uintptr_t) 4;
  if (i < head[1])
    return 0;
  for (;; i++)
    {
      uintptr_t at = chains + (i - head[1]) * (uintptr_t) 4;
      if (at < chains || i == UINT32_MAX || !read_at (info, at, &link, sizeof link))
        return 0;
      if (link & 1)
        return (size_t) i + 1;
    }
}

static size_t
count_by_hash (const struct dl_phdr_info *info, uintptr_t addr)
{
#if defined __s390x__ || defined __alpha__
  uint64_t head[2];
#else
  uint32_t head[2];
#endif
  return addr && read_at (info, addr, head, sizeof head) ? (size_t) head[1] : 0;
}

static void
find_symbols (const struct dl_phdr_info *info, struct import_file *f)
{
  struct dynamic dyn = { 0 };
  if (!read_dynamic (info, &dyn))
    return;
  size_t cnt = count_by_gnu_hash (info, dyn.gnu_hash), most = left_at (info, dyn.symbols) / sizeof (ElfW (Sym));
  cnt = cnt ? cnt : count_by_hash (info, dyn.hash);
  cnt = cnt < most ? cnt : most;
  most = left_at (info, dyn.names);
  f->symbols = (struct import_bytes){ .len = cnt * sizeof (ElfW (Sym)), .addr = dyn.symbols };
  f->names = (struct import_bytes){ .len = dyn.names_len < most ? dyn.names_len : most, .addr = dyn.names };
}

/* The copy */

/* Copies B to *AT, which moves behind it; what can't be read is not there. */
static void
copy_bytes (const struct dl_phdr_info *info, struct import_bytes *b, unsigned char **at)
{
  if (!b->len || !read_at (info, b->addr, *at, b->len))
    {
      b->len = 0;
      return;
    }
  b->at = *at;
  *at += (b->len + 7) & ~(size_t) 7;
}

struct import_file *
pctab__import_copy (const struct dl_phdr_info *info, const struct file *file, bool *memory)
{
  struct import_file found = { .file = *file };
  const char *path = info->dlpi_name ? info->dlpi_name : "";
  size_t path_len = strlen (path);
  uint16_t machine;
  bool is64;
  const struct arch *arch = pctab__native (&machine, &is64) ? pctab__arch (machine, is64) : NULL;
  if (!arch)
    return NULL;
  find_texts (info, &found);
  find_eh_frame (info, arch, &found.eh_frame);
  find_symbols (info, &found);
  if (!found.text_cnt || (!found.eh_frame.len && !found.symbols.len))
    return NULL;
  found.map_len = sizeof found + found.eh_frame.len + found.symbols.len + found.names.len + 3 * 8 + path_len + 1;
  struct import_file *f = pctab__memory_map (found.map_len);
  *memory |= !f;
  if (!f)
    return NULL;
  *f = found;
  unsigned char *at = (unsigned char *) (f + 1);
  copy_bytes (info, &f->eh_frame, &at);
  copy_bytes (info, &f->symbols, &at);
  copy_bytes (info, &f->names, &at);
  memcpy (at, path, path_len + 1);
  f->path = (const char *) at;
  return f;
}

static bool
same_bytes (const struct dl_phdr_info *info, const struct import_bytes *b)
{
  unsigned char part[1024];
  for (size_t i = 0, len; i < b->len; i += len)
    {
      len = b->len - i < sizeof part ? b->len - i : sizeof part;
      if (!read_at (info, b->addr + i, part, len) || memcmp (part, b->at + i, len))
        return false;
    }
  return true;
}

bool
pctab__import_same (const struct import_file *f, const struct dl_phdr_info *info)
{
  return (uintptr_t) info->dlpi_addr == f->file.bias && same_bytes (info, &f->eh_frame)
         && same_bytes (info, &f->symbols) && same_bytes (info, &f->names);
}

void
pctab__import_free (struct import_file *f)
{
  if (f)
    pctab__memory_unmap (f, f->map_len);
}
