/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Object by object: what it is, what its code refers to, and where that code is in the finished file.
 *
 * A section is found by any global symbol that it defines: its address there minus its offset here is the section's, so
 * that its local functions are found as well.  Where the linker changes the length of code (riscv), and for code that
 * other objects may define too, each function is found by its own symbol; a local one by name, size and source file: of
 * several that can't be told apart all are taken, which is the safe side.  An object that was not linked after all
 * (a list made by hand) mostly finds nothing. */
#include "policy_object.h"

#include <stdlib.h>

#define WITNESSES 2 /* symbols that are to agree on where a section is; more would cost time and find nothing new */

static unsigned
smaller_reason (unsigned a, unsigned b)
{
  return !a || (b && b < a) ? b : a;
}

/* What names and places say of the whole object. */
static unsigned
reason_by_file (struct policy *p, const struct object *o)
{
  unsigned reason = pctab__policy_excludes_object (p, o) ? REASON_EXCLUDED : 0;
  if (!o->archive)
    return smaller_reason (reason, pctab__object_is_crt (o->name) ? REASON_CRT : 0);
  if (pctab__archive_is_libc (o->archive->path))
    return smaller_reason (reason, REASON_LIBC);
  if (pctab__archive_is_ours (o->archive->path))
    return smaller_reason (reason, REASON_PCTAB);
  return smaller_reason (reason, pctab__archive_allocates (o->archive) ? REASON_MALLOC : 0);
}

/* One look at each symbol: what the object defines, and what its code may refer to. */
static bool
look_at_symbols (struct object_pass *pass)
{
  struct object *o = &pass->object;
  struct reloc_scan *r = &pass->relocs;
  r->machine = o->machine;
  r->is64 = o->is64;
  if (!pctab__reloc_start (pass->p, r, o->symbols, o->symbol_cnt))
    return false;
  for (uint32_t i = 1; i < o->symbol_cnt; i++)
    {
      const struct elf_symbol *s = &o->symbols[i];
      bool defined = s->section && s->section < o->section_cnt;
      bool tls = defined && (o->sections[s->section].flags & SHF_TLS);
      struct model_str name = { "", 0 };
      if (s->bind != STB_LOCAL && !pctab__elf_names_get (&o->names, s->name, &name))
        name = (struct model_str){ "", 0 };
      if (defined && s->bind != STB_LOCAL && pctab__object_has_code (&o->sections[s->section]))
        {
          if (pctab__name_allocates (name))
            pass->reason = smaller_reason (pass->reason, REASON_MALLOC);
          else if (pctab__name_is_ours (name))
            pass->reason = smaller_reason (pass->reason, REASON_PCTAB);
        }
      if (tls || name.len || s->type == STT_TLS)
        pctab__reloc_want (pass->p, r, i, name, tls);
    }
  return true;
}

static bool
is_function (const struct object *o, const struct elf_symbol *s, struct model_str *name)
{
  if (s->type != STT_FUNC && s->type != STT_GNU_IFUNC
      && (s->type != STT_NOTYPE || (s->bind == STB_LOCAL && !s->size)))
    return false;
  return s->section && s->section < o->section_cnt && pctab__object_has_code (&o->sections[s->section])
         && pctab__elf_names_get (&o->names, s->name, name) && name->len;
}

/* Bit 0 of a function's address says Thumb (AAELF32 5.5.3). */
static uint64_t
code_offset (const struct object *o, const struct elf_symbol *s)
{
  return o->machine == EM_ARM && s->type != STT_NOTYPE ? s->value & ~UINT64_C (1) : s->value;
}

static void
place_section (struct object_pass *pass, const struct elf_symbol *s, struct model_str name)
{
  struct policy *p = pass->p;
  struct object *o = &pass->object;
  struct object_place *at = &pass->places.at[s->section];
  if (at->witnesses == WITNESSES)
    return;
  const struct place_symbol *found = pctab__place_global (&p->place, name, s->size);
  if (!found || (s->size && found->size && s->size != found->size))
    return;
  uint64_t addr = p->base + found->off - code_offset (o, s);
  at->torn |= at->known && at->addr != addr;
  at->known = true;
  at->witnesses++;
  at->addr = addr;
}

static bool
place_sections (struct object_pass *pass)
{
  struct object *o = &pass->object;
  if (!model_reserve (&pass->places, o->section_cnt))
    return pctab__diag_memory (pass->p->d);
  if (o->section_cnt)
    memset (pass->places.at, 0, o->section_cnt * sizeof *pass->places.at);
  for (uint32_t i = 0; i < o->section_cnt; i++)
    pass->places.at[i].code = pctab__object_has_code (&o->sections[i]) && o->sections[i].size;
  for (uint32_t i = 1; i < o->symbol_cnt && !pass->p->place.relaxes; i++)
    {
      struct model_str name;
      if (o->symbols[i].bind == STB_GLOBAL && is_function (o, &o->symbols[i], &name))
        place_section (pass, &o->symbols[i], name);
    }
  for (uint32_t i = 0; i < o->section_cnt; i++)
    pass->places.at[i].known &= !pass->places.at[i].torn;
  return true;
}

/* Code that is not preemptible is not in the symbol table: because the linker dropped it, or is it there unseen? */
static void
miss (struct object_pass *pass, uint32_t section, bool local)
{
  const struct place_index *x = &pass->p->place;
  if (!(local ? x->locals : x->whole))
    pass->places.at[section].missed = true;
}

static bool
hit_symbol (struct policy *p, const struct place_symbol *s, unsigned reason)
{
  uint64_t addr = p->base + s->off, len = s->size ? s->size : 1;
  return pctab__policy_hit (p, REASON_SEEN, addr, len) && (!reason || pctab__policy_hit (p, reason, addr, len));
}

/* A function by its own symbol. */
static bool
hit_function (struct object_pass *pass, const struct object_func *f, unsigned reason)
{
  struct policy *p = pass->p;
  const struct elf_symbol *s = &pass->object.symbols[f->symbol];
  struct model_str name;
  bool found = false, local = s->bind == STB_LOCAL;
  if (!pctab__elf_names_get (&pass->object.names, s->name, &name))
    return true;
  uint32_t hash = pctab__place_hash (name), cnt = 0;
  for (uint32_t i = MODEL_NONE; (i = pctab__place_next (&p->place, name, hash, i)) != MODEL_NONE;)
    {
      const struct place_symbol *at = &p->place.symbols.at[i];
      if (++cnt > CANDIDATES_MAX)
        {
          p->lost |= reason != 0;
          break;
        }
      if (!pctab__object_may_be (p, s, f->file, at))
        continue;
      found = true;
      if (!hit_symbol (p, at, reason))
        return false;
    }
  if (!found && reason)
    miss (pass, s->section, local);
  return true;
}

static int
by_place (const void *va, const void *vb)
{
  const struct object_func *a = va, *b = vb;
  if (a->section != b->section)
    return a->section < b->section ? -1 : 1;
  return a->off < b->off ? -1 : a->off > b->off;
}

/* The functions of sections that are not found as a whole: each is seen, and has the object's reason. */
static bool
take_functions (struct object_pass *pass)
{
  struct object *o = &pass->object;
  uint32_t file = 0;
  pass->funcs.cnt = 0;
  for (uint32_t i = 1; i < o->symbol_cnt; i++)
    {
      const struct elf_symbol *s = &o->symbols[i];
      struct model_str name;
      if (s->type == STT_FILE)
        file = pctab__elf_names_get (&o->names, s->name, &name) && name.len ? pctab__place_hash (name) : 0;
      if (!is_function (o, s, &name) || pass->places.at[s->section].known)
        continue;
      pass->places.at[s->section].named = true;
      struct object_func f = { s->section, i, code_offset (o, s), s->bind == STB_LOCAL ? file : 0 };
      if (!model_reserve (&pass->funcs, 1))
        return pctab__diag_memory (pass->p->d);
      pass->funcs.at[pass->funcs.cnt++] = f;
      if (!hit_function (pass, &f, pass->reason))
        return false;
    }
  for (uint32_t i = 1; i < o->section_cnt && pass->reason; i++)
    if (pass->places.at[i].code && !pass->places.at[i].known && !pass->places.at[i].named)
      miss (pass, i, true);
  if (pass->funcs.cnt && pass->relocs.uses.cnt)
    qsort (pass->funcs.at, pass->funcs.cnt, sizeof *pass->funcs.at, by_place);
  return true;
}

static bool
take_sections (struct object_pass *pass)
{
  struct object *o = &pass->object;
  for (uint32_t i = 1; i < o->section_cnt; i++)
    {
      const struct object_place *at = &pass->places.at[i];
      if (at->code && at->known
          && (!pctab__policy_hit (pass->p, REASON_SEEN, at->addr, o->sections[i].size)
              || (pass->reason && !pctab__policy_hit (pass->p, pass->reason, at->addr, o->sections[i].size))))
        return false;
    }
  return true;
}

/* The function that a place in a section belongs to: the last that begins at or before it. */
static const struct object_func *
find_function (const struct object_pass *pass, uint32_t section, uint64_t off)
{
  size_t lo = 0, hi = pass->funcs.cnt;
  while (lo < hi)
    {
      size_t mid = lo + (hi - lo) / 2;
      const struct object_func *f = &pass->funcs.at[mid];
      if (f->section < section || (f->section == section && f->off <= off))
        lo = mid + 1;
      else
        hi = mid;
    }
  return lo && pass->funcs.at[lo - 1].section == section ? &pass->funcs.at[lo - 1] : NULL;
}

/* What its relocations say, place by place. */
static bool
take_uses (struct object_pass *pass)
{
  const struct object_func *last = NULL;
  unsigned last_reason = 0;
  for (size_t i = 0; i < pass->relocs.uses.cnt; i++)
    {
      const struct reloc_use *use = &pass->relocs.uses.at[i];
      const struct object_place *at = &pass->places.at[use->section];
      if (at->known)
        {
          if (!pctab__policy_hit (pass->p, use->reason, at->addr + use->off, 1))
            return false;
          continue;
        }
      const struct object_func *f = find_function (pass, use->section, use->off);
      if (!f)
        miss (pass, use->section, true);
      else if ((f != last || use->reason != last_reason) && !hit_function (pass, f, use->reason))
        return false;
      last = f;
      last_reason = use->reason;
    }
  return true;
}

static bool
read_relocs (struct object_pass *pass, bool words)
{
  struct object *o = &pass->object;
  struct diag *d = pass->p->d;
  for (uint32_t i = 1; i < o->section_cnt; i++)
    {
      const struct object_section *s = &o->sections[i];
      struct cursor c;
      if ((s->type != SHT_RELA && s->type != SHT_REL) || !s->info || s->info >= o->section_cnt)
        continue;
      const struct object_section *of = &o->sections[s->info];
      if (!(of->flags & SHF_ALLOC) || pctab__object_has_code (of) == words)
        continue;
      if (!pctab__object_contents (o, s, &c, d))
        return false;
      if (!(words ? pctab__reloc_words : pctab__reloc_code) (&pass->relocs, c, s->type == SHT_RELA, s->info))
        return pctab__diag_memory (d);
    }
  return true;
}

static bool
find_uses (struct object_pass *pass)
{
  const struct object *o = &pass->object;
  if (!pass->relocs.any || pass->p->exact)
    return true;
  if (pctab__reloc_has_words (&pass->relocs))
    {
      if (!read_relocs (pass, true))
        return false;
      pctab__reloc_words_done (&pass->relocs);
    }
  return read_relocs (pass, false) && (pass->p->place.whole || pctab__parts_share (pass->p, o, &pass->relocs));
}

/* The section's bytes, and which of them relocations may have changed. */
static bool
read_code (struct object_pass *pass, uint32_t idx)
{
  struct object *o = &pass->object;
  struct search *s = &pass->search;
  struct diag *d = pass->p->d;
  struct cursor c;
  if (!pctab__object_contents (o, &o->sections[idx], &c, d))
    return false;
  size_t len = cursor_left (&c);
  if (s->cap < len)
    {
      pctab__search_free (s);
      *s = (struct search){ .code = malloc (len), .changed = malloc (len), .cap = len };
      if (!s->code || !s->changed)
        return pctab__diag_memory (d);
    }
  s->len = len;
  if (!len)
    return true;
  memcpy (s->code, c.pos, len);
  memset (s->changed, 0, len);
  for (uint32_t i = 1; i < o->section_cnt; i++)
    {
      const struct object_section *r = &o->sections[i];
      size_t entry_len = (o->is64 ? 16 : 8) + (r->type != SHT_RELA ? 0 : o->is64 ? 8 : 4);
      if ((r->type != SHT_RELA && r->type != SHT_REL) || r->info != idx)
        continue;
      if (!pctab__object_contents (o, r, &c, d))
        return false;
      for (; cursor_left (&c) >= entry_len; cursor_take (&c, entry_len - (o->is64 ? 16 : 8)))
        {
          uint64_t off = o->is64 ? cursor_u64 (&c) : cursor_u32 (&c);
          uint32_t type = o->is64 ? (uint32_t) cursor_u64 (&c) : cursor_u32 (&c) & 255;
          pctab__search_change (s, o->machine, off, type);
        }
    }
  return true;
}

/* What has no symbol any more is looked for by its bytes.  In several places it may be other code as well: what is not
 * preemptible isn't in any of them, but none is known to be harmless. */
static bool
find_section (struct object_pass *pass, uint32_t idx)
{
  struct policy *p = pass->p;
  struct search *s = &pass->search;
  const struct reloc_scan *r = &pass->relocs;
  pctab__search_spend (p, pass->object.section_cnt + r->uses.cnt);
  if (p->place.relaxes || !p->search_budget)
    s->found.cnt = 0;
  else if (!read_code (pass, idx) || !pctab__search (p, s))
    return false;
  p->lost |= !s->found.cnt && pass->places.at[idx].missed;
  for (size_t i = 0; i < s->found.cnt; i++)
    {
      uint64_t addr = s->found.at[i];
      if ((s->found.cnt == 1 && !pctab__policy_hit (p, REASON_SEEN, addr, s->len))
          || (pass->reason && !pctab__policy_hit (p, pass->reason, addr, s->len)))
        return false;
      for (size_t k = 0; k < r->uses.cnt; k++)
        if (r->uses.at[k].section == idx && !pctab__policy_hit (p, r->uses.at[k].reason, addr + r->uses.at[k].off, 1))
          return false;
    }
  return true;
}

/* What is missed and not found even so is lost.  Where there is something to miss, the other code of a stripped file is
 * looked for too, so that it is known to be none of that; half of the budget is kept for what is missed. */
static bool
find_missed (struct object_pass *pass)
{
  struct policy *p = pass->p;
  struct object *o = &pass->object;
  bool others = !p->place.whole && !p->exact && ((p->has_tls && !p->options->tls_allow) || p->has_fork), any = others;
  for (uint32_t i = 1; i < o->section_cnt; i++)
    any |= pass->places.at[i].missed;
  if (!any || !pctab__object_has_frames (o))
    return true;
  for (uint32_t i = 1; i < o->section_cnt; i++)
    {
      const struct object_place *at = &pass->places.at[i];
      if ((at->missed || (others && at->code && !at->known && p->search_budget > SEARCH_BYTES / 2))
          && !find_section (pass, i))
        return false;
    }
  return true;
}

static bool
take_object (struct object_pass *pass)
{
  struct object *o = &pass->object;
  const struct elf_file *f = pass->p->file;
  if (o->machine != f->machine || o->is64 != f->is64 || o->big != f->big)
    return true; /* in a list made by hand */
  pass->reason = reason_by_file (pass->p, o);
  return look_at_symbols (pass) && find_uses (pass) && place_sections (pass) && take_sections (pass)
         && take_functions (pass) && take_uses (pass) && find_missed (pass)
         && pctab__attributes_check (pass);
}

bool
pctab__policy_objects (struct policy *p)
{
  struct object_pass pass = { .p = p };
  if (!p->options->inputs)
    return true;
  pctab__attributes_read (p);
  struct inputs *in = pctab__inputs_open (p->options->inputs, p->d);
  int more = in ? 0 : -1;
  while (in && (more = pctab__inputs_next (in, &pass.object, p->d)) > 0)
    if (!take_object (&pass))
      break;
  if (in)
    pctab__inputs_close (in);
  pctab__object_free (&pass.object);
  pctab__reloc_free (&pass.relocs);
  pctab__search_free (&pass.search);
  free (pass.places.at);
  free (pass.funcs.at);
  return !more;
}
