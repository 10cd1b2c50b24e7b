/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Functions with an attribute of <pctab/mark.h> are told by the output section that they are in (record_mark.c).  A
 * linker script that does not collect them loses what the attribute says, and the function would be preempted all the
 * same: so it is looked whether an object has such code and the output no such section. */
#include "policy_object.h"

#include <string.h>

#include "record.h"

static const char *const kinds[] = { "unsafe", "nopreempt", "preempt" };

#define KIND_CNT (sizeof kinds / sizeof *kinds)

/* What "unsafe.12.0" is a section of; KIND_CNT: of nothing known. */
static size_t
kind_of (const char *what)
{
  size_t len = strcspn (what, "."), i = 0;
  while (i < KIND_CNT && (strlen (kinds[i]) != len || memcmp (kinds[i], what, len)))
    i++;
  return i;
}

void
pctab__attributes_read (struct policy *p)
{
  const struct elf_file *f = p->file;
  bool have[KIND_CNT + 1] = { false };
  for (uint32_t i = 1; i < f->section_cnt; i++)
    if (pctab__record_text (&f->sections[i]))
      have[kind_of (f->sections[i].name + strlen (RECORD_TEXT))] = true;
  p->attributes = have[0] && have[1] && have[2];
  memcpy (p->attribute, have, sizeof p->attribute);
}

/* If the code of SECTION is in the output. */
static bool
is_lost (const struct policy *p, const char *section)
{
  size_t len = strlen (RECORD_TEXT);
  if (strncmp (section, RECORD_TEXT, len))
    return false;
  size_t kind = kind_of (section + len);
  return kind < KIND_CNT && !p->attribute[kind];
}

static bool
error_lost (const struct policy *p, const struct object *o, const char *section)
{
  const char *member = o->archive ? o->name : "", *path = o->archive ? o->archive->path : o->path;
  return pctab__diag_error (p->d, section, "%s%s%s%s: has functions with an attribute of <pctab/mark.h>, which the "
                            "output has in no section of that name, so that it is lost; paste the lines for "
                            RECORD_TEXT "* into your linker script (see pctab-link(1), LINKER SCRIPTS)", path,
                            *member ? "(" : "", member, *member ? ")" : "");
}

static bool
is_linked (const struct object_pass *pass, const struct object_func *f)
{
  const struct place_index *x = &pass->p->place;
  const struct elf_symbol *s = &pass->object.symbols[f->symbol];
  struct model_str name;
  if (!pctab__elf_names_get (&pass->object.names, s->name, &name))
    return false;
  uint32_t hash = pctab__place_hash (name), cnt = 0;
  for (uint32_t i = MODEL_NONE; cnt < CANDIDATES_MAX && (i = pctab__place_next (x, name, hash, i)) != MODEL_NONE; cnt++)
    if (pctab__object_may_be (pass->p, s, f->file, &x->symbols.at[i]))
      return true;
  return false;
}

/* Code with an attribute that is in the file, as far as symbols tell, where the output says nothing of it. */
bool
pctab__attributes_check (struct object_pass *pass)
{
  struct object *o = &pass->object;
  struct diag unsaid = { 0 };
  struct cursor names, c;
  const char *name = NULL;
  if (pass->p->attributes || o->shstrndx >= o->section_cnt
      || !pctab__object_contents (o, &o->sections[o->shstrndx], &names, &unsaid))
    return true;
  bool any = false;
  for (uint32_t i = 1; i < o->section_cnt; i++)
    {
      struct object_place *at = &pass->places.at[i];
      c = names;
      cursor_take (&c, at->code ? o->sections[i].name_off : 0);
      at->lost = at->code && (name = cursor_str (&c)) && is_lost (pass->p, name);
      if (at->lost && at->known)
        return error_lost (pass->p, o, name);
      any |= at->lost;
    }
  for (size_t i = 0; any && i < pass->funcs.cnt; i++)
    if (pass->places.at[pass->funcs.at[i].section].lost && is_linked (pass, &pass->funcs.at[i]))
      {
        c = names;
        cursor_take (&c, o->sections[pass->funcs.at[i].section].name_off);
        return error_lost (pass->p, o, cursor_str (&c));
      }
  return true;
}
