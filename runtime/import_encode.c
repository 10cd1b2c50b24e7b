/* SPDX-License-Identifier: MIT */
/* What the linker's importers do, over what a loaded file has in memory: no section headers, so that executable segments
 * stand for sections, and a PLT's stubs are functions like others. */
#include "import_file.h"

#include <elf.h>
#include <stdlib.h>

#include "arch.h"
#include "cfi.h"
#include "elf_symbol.h"
#include "image_encode.h"
#include "text_spans.h"

enum {
#define REASON(number, name, text) REASON_##name = number,
#include "nopreempt.def"
#undef REASON
};

#define BASE_ALIGN 65536

static bool
add_texts (struct model *m, const struct import_file *f, struct diag *d)
{
  if (f->file.hi - m->base > UINT32_MAX - BASE_ALIGN)
    return pctab__diag_error (d, NULL, "its code spans 4 GiB or more; a table covers less");
  if (!model_reserve (&m->texts, f->text_cnt))
    return pctab__diag_memory (d);
  for (unsigned i = 0; i < f->text_cnt; i++)
    m->texts.at[m->texts.cnt++]
      = (struct model_text){ (uint32_t) (f->texts[i].lo - m->base), (uint32_t) (f->texts[i].hi - m->base), false };
  return true;
}

static bool
add_frames (struct model *m, const struct import_file *f, struct text_spans *spans, struct diag *d)
{
  struct cfi_section s = { .name = ".eh_frame", .data = f->eh_frame.at, .len = f->eh_frame.len,
                           .addr = f->eh_frame.addr, .arch = pctab__arch (m->machine, m->is64), .big = m->big,
                           .eh = true };
  if (!s.len)
    return true;
  if (!pctab__cfi_read (&s, m, spans, d))
    return false;
  if (!pctab__cfi_frames_order (m, 0))
    return pctab__diag_memory (d);
  for (size_t i = 0; i < m->frames.cnt; i++)
    {
      m->frames.at[i].flags |= FRAME_NOPREEMPT;
      m->frames.at[i].reason = REASON_IMPORTED;
    }
  return true;
}

/* Functions, and labels with a size; _end and its like have none. */
static bool
is_function (const struct elf_symbol *s)
{
  if (s->section == SHN_UNDEF || (s->section >= SHN_LORESERVE && s->section != SHN_XINDEX))
    return false;
  return s->type == STT_FUNC || s->type == STT_GNU_IFUNC || (s->type == STT_NOTYPE && s->size);
}

/* Symbols have the file's addresses.  Bit 0 of a function's says Thumb. */
static bool
add_symbols (struct model *m, const struct import_file *f, struct text_spans *spans, const struct elf_names *names,
             struct diag *d)
{
  struct cursor c = cursor_over (f->symbols.at, f->symbols.len, m->big);
  while (cursor_left (&c) >= ELF_SYMBOL_LEN (m->is64))
    {
      struct elf_symbol s = pctab__elf_symbol_read (&c, m->is64);
      struct model_str name;
      if (m->machine == EM_ARM)
        s.value &= ~UINT64_C (1);
      uint64_t addr = (uintptr_t) (f->file.bias + s.value);
      if (!is_function (&s) || !pctab__text_spans_find (spans, addr) || !pctab__elf_names_get (names, s.name, &name)
          || !name.len)
        continue;
      if (!model_reserve (&m->symbols, 1))
        return pctab__diag_memory (d);
      m->symbols.at[m->symbols.cnt++]
        = (struct model_symbol){ (uint32_t) (addr - m->base), s.size < UINT32_MAX ? (uint32_t) s.size : UINT32_MAX,
                                 name, s.bind, s.type };
    }
  return true;
}

static bool
fill_model (struct model *m, const struct import_file *f, struct diag *d)
{
  struct text_spans spans = { 0 };
  struct elf_names names = { 0 };
  bool good = add_texts (m, f, d);
  if (good && (!pctab__text_spans_init (&spans, m)
               || !pctab__elf_names_init (&names, cursor_over (f->names.at, f->names.len, m->big))))
    good = pctab__diag_memory (d);
  good = good && add_frames (m, f, &spans, d) && add_symbols (m, f, &spans, &names, d);
  pctab__text_spans_free (&spans);
  pctab__elf_names_free (&names);
  return good;
}

/* Entries are read at run-time addresses, since some have been relocated; the table has the file's, so that it is the
 * same in each process. */
unsigned char *
pctab__import_encode (const struct import_file *f, size_t *len, uint64_t *addr, struct diag *d)
{
  struct model m;
  struct image_about about = { .build_id = f->file.build_id, .build_id_len = f->file.build_id_len };
  unsigned char *image = NULL;
  uintptr_t file_base = (uintptr_t) (f->file.lo - f->file.bias) & ~(uintptr_t) (BASE_ALIGN - 1);
  pctab__model_init (&m);
  pctab__native (&m.machine, &m.is64);
  m.big = IMPORT_BIG;
  m.base = (uintptr_t) (f->file.bias + file_base);
  *addr = m.base - file_base;
  d->file = f->path;
  if (fill_model (&m, f, d))
    {
      m.base = file_base;
      pctab__image_encode (&m, &about, 1, &image, len, d);
    }
  pctab__model_free (&m);
  return image;
}
