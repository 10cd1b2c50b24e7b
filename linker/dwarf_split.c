/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Debug information in other files: .dwo files and packages of them (-gsplit-dwarf), and the supplementary file that
 * dwz -m makes.  One that is not there, or is not the right one, is no error: what it says is missing then. */
#include "dwarf.h"

#include "dwarf_const.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Opens the file at PATH as OBJ; false, without a message, when there is no ELF file. */
static bool
open_object (struct dwarf_object *obj, const char *path)
{
  struct diag unheard = { .failed = false };
  if (access (path, R_OK))
    return false;
  obj->path = strdup (path);
  if (!obj->path || !pctab__elf_open (&obj->file, obj->path, &unheard))
    {
      free (obj->path);
      obj->path = NULL;
      return false;
    }
  obj->opened = obj->foreign = true;
  return true;
}

static void
close_object (struct dwarf_object *obj)
{
  pctab__dwarf_object_free (obj);
  memset (obj, 0, sizeof *obj);
}

/* DIR (or the directory of file BESIDE) and NAME as one path; false when it is too long. */
static bool
join (char *path, const char *dir, const char *beside, const char *name)
{
  const char *slash = beside ? strrchr (beside, '/') : NULL;
  int len = dir      ? snprintf (path, PATH_MAX, "%s/%s", dir, name)
            : slash  ? snprintf (path, PATH_MAX, "%.*s/%s", (int) (slash - beside), beside, name)
                     : snprintf (path, PATH_MAX, "%s", name);
  return len > 0 && len < PATH_MAX;
}

/* --- the supplementary file --------------------------------------------- */

static bool
has_build_id (struct elf_file *f, const unsigned char *id, size_t len)
{
  struct elf_section *s = pctab__elf_section (f, ".note.gnu.build-id");
  struct diag unheard = { .failed = false };
  struct cursor c;
  if (!s || !pctab__elf_contents (f, s, &c, &unheard))
    return false;
  uint32_t name_len = cursor_u32 (&c), id_len = cursor_u32 (&c);
  cursor_u32 (&c);
  cursor_take (&c, ((uint64_t) name_len + 3) & ~UINT64_C (3));
  const unsigned char *have = cursor_take (&c, id_len);
  return have && id_len == len && !memcmp (have, id, len);
}

/* Name and build ID that the module gives of its supplementary file: dwz's section or DWARF 5's. */
static bool
alt_link (struct dwarf *dw, const char **name, const unsigned char **id, size_t *id_len, bool *standard, struct diag *d)
{
  struct elf_section *s = pctab__elf_section (dw->f, ".gnu_debugaltlink");
  struct cursor c;
  *standard = !s;
  if (!s)
    s = pctab__elf_section (dw->f, ".debug_sup");
  if (!s || !pctab__elf_contents (dw->f, s, &c, d))
    return false;
  if (*standard && (cursor_u16 (&c) < 5 || cursor_u8 (&c)))
    return false;
  *name = cursor_str (&c);
  *id_len = *standard ? cursor_uleb (&c) : cursor_left (&c);
  *id = cursor_take (&c, *id_len);
  return !c.bad && **name;
}

bool
pctab__dwarf_alt (struct dwarf *dw, struct diag *d)
{
  const char *name;
  const unsigned char *id;
  size_t id_len;
  bool standard;
  char path[PATH_MAX];
  if (!alt_link (dw, &name, &id, &id_len, &standard, d))
    return !d->failed;
  const char *base = strrchr (name, '/') ? strrchr (name, '/') + 1 : name;
  for (unsigned i = 0; i < 2 && !dw->alt.opened; i++)
    {
      bool good = i == 0 ? join (path, NULL, *name == '/' ? NULL : dw->f->path, name)
                         : join (path, "/usr/lib/debug/.dwz", NULL, base);
      if (good && open_object (&dw->alt, path) && !standard && !has_build_id (&dw->alt.file, id, id_len))
        close_object (&dw->alt);
    }
  if (!dw->alt.opened)
    return true;
  dw->main.alt = &dw->alt;
  return pctab__dwarf_sections (&dw->alt, &dw->alt.file, false, d) && pctab__dwarf_units (&dw->alt, d);
}

/* --- packages ----------------------------------------------------------- */

/* Opens FILE.dwp where there is one. */
bool
pctab__package_open (struct dwarf *dw, struct diag *d)
{
  char path[PATH_MAX];
  struct cursor c;
  int len = snprintf (path, sizeof path, "%s.dwp", dw->f->path);
  if (len < 0 || len >= PATH_MAX || !open_object (&dw->package, path))
    return true;
  struct elf_section *s = pctab__elf_section (&dw->package.file, ".debug_cu_index");
  if (!s || !pctab__dwarf_sections (&dw->package, &dw->package.file, true, d))
    return !d->failed;
  if (!pctab__elf_contents (&dw->package.file, s, &c, d))
    return false;
  dw->package.index = c.pos;
  dw->package.index_len = cursor_left (&c);
  return true;
}

/* The row of the index that says where unit ID lies (DWARF 5, 7.3.5.3); 0: none.  The cursor C is over the index. */
static uint32_t
index_row (struct cursor *c, uint64_t id, uint32_t *section_cnt, uint32_t *unit_cnt)
{
  cursor_u32 (c);
  *section_cnt = cursor_u32 (c);
  *unit_cnt = cursor_u32 (c);
  uint32_t slot_cnt = cursor_u32 (c);
  const unsigned char *ids = cursor_take (c, (uint64_t) slot_cnt * 8), *rows = cursor_take (c, (uint64_t) slot_cnt * 4);
  if (c->bad || !slot_cnt || (slot_cnt & (slot_cnt - 1)))
    return 0;
  uint32_t mask = slot_cnt - 1, at = (uint32_t) id & mask, step = ((uint32_t) (id >> 32) & mask) | 1;
  for (uint32_t i = 0; i < slot_cnt; i++, at = (at + step) & mask)
    {
      uint32_t row = load_u32 (rows + 4 * (size_t) at, c->big);
      if (!row || load_u64 (ids + 8 * (size_t) at, c->big) == id)
        return row <= *unit_cnt ? row : 0;
    }
  return 0;
}

/* The package's parts for unit ID as an object of their own; false when it has none. */
static bool
package_object (const struct dwarf *dw, uint64_t id, struct dwarf_object *obj)
{
  /* By section number, in the GNU index (version 2) and DWARF 5's. */
  static const signed char old_parts[9] = { -1, SEC_INFO, -1, SEC_ABBREV, -1, -1, SEC_STR_OFFSETS, -1, -1 };
  static const signed char new_parts[9] = { -1, SEC_INFO, -1, SEC_ABBREV, -1, -1, SEC_STR_OFFSETS, -1, SEC_RNGLISTS };
  const struct dwarf_object *from = &dw->package;
  if (!from->index_len)
    return false;
  struct cursor c = cursor_over (from->index, from->index_len, from->big);
  struct cursor head = c;
  const signed char *parts = cursor_u32 (&head) == 2 ? old_parts : new_parts;
  uint32_t section_cnt, unit_cnt, row = index_row (&c, id, &section_cnt, &unit_cnt);
  const unsigned char *names = cursor_take (&c, (uint64_t) section_cnt * 4);
  const unsigned char *offs = cursor_take (&c, (uint64_t) section_cnt * unit_cnt * 4);
  const unsigned char *lens = cursor_take (&c, (uint64_t) section_cnt * unit_cnt * 4);
  if (c.bad || !row)
    return false;
  *obj = (struct dwarf_object){ .big = from->big, .is_dwo = true, .foreign = true };
  obj->sec[SEC_STR] = from->sec[SEC_STR];
  for (uint32_t i = 0; i < section_cnt; i++)
    {
      uint32_t name = load_u32 (names + 4 * (size_t) i, c.big);
      size_t at = 4 * ((size_t) (row - 1) * section_cnt + i);
      uint32_t off = load_u32 (offs + at, c.big), len = load_u32 (lens + at, c.big);
      if (name > 8 || parts[name] < 0)
        continue;
      const struct dwarf_section *whole = &from->sec[parts[name]];
      if (off > whole->len || len > whole->len - off)
        return false;
      obj->sec[parts[name]] = (struct dwarf_section){ whole->at + off, len };
    }
  return true;
}

/* --- .dwo files --------------------------------------------------------- */

static bool
find_object (struct dwarf *dw, const struct dwarf_unit *u, struct dwarf_object *obj)
{
  char path[PATH_MAX];
  if (package_object (dw, u->dwo_id, obj))
    return true;
  memset (obj, 0, sizeof *obj);
  if (*u->dwo_name == '/')
    return open_object (obj, u->dwo_name);
  return (u->comp_dir && join (path, u->comp_dir, NULL, u->dwo_name) && open_object (obj, path))
         || (join (path, NULL, dw->f->path, u->dwo_name) && open_object (obj, path));
}

/* Makes the unit of OBJ that U stands for ready; sets u->split where there is one. */
static bool
match_unit (struct dwarf_worker *w, struct dwarf_unit *u, struct dwarf_object *obj)
{
  obj->tables = calloc (obj->unit_cnt + 1, sizeof *obj->tables);
  if (!obj->tables)
    return pctab__diag_memory (&w->diag);
  for (size_t i = 0; i < obj->unit_cnt; i++)
    {
      struct dwarf_unit *s = &obj->units[i];
      if (s->type == DW_UT_type || s->type == DW_UT_split_type || (s->version >= 5 && s->dwo_id != u->dwo_id))
        continue;
      struct abbrev_table *t = &obj->tables[obj->table_cnt++];
      *t = (struct abbrev_table){ .obj = obj, .off = s->abbrev_off, .end = UINT64_MAX, .addr_size = s->addr_size,
                                  .off_size = s->off_size, .version = s->version };
      s->abbrevs = t;
      s->skeleton = u;
      s->idx = u->idx;
      if (!pctab__abbrev_compile (w, t, &w->diag) || !pctab__unit_open (w, s))
        return false;
      if (s->dwo_id == u->dwo_id && s->tag == DW_TAG_compile_unit && !u->split)
        u->split = s;
    }
  return true;
}

/* Looks for the unit that U, which has a DW_AT_dwo_name, stands for. */
bool
pctab__split_open (struct dwarf_worker *w, struct dwarf_unit *u)
{
  struct dwarf *dw = w->dw;
  struct dwarf_object *obj = calloc (1, sizeof *obj);
  if (!obj)
    return pctab__diag_memory (&w->diag);
  pthread_mutex_lock (&dw->lock);
  bool room = model_reserve (&dw->splits, 1);
  if (room)
    dw->splits.at[dw->splits.cnt++] = obj;
  pthread_mutex_unlock (&dw->lock);
  if (!room)
    {
      free (obj);
      return pctab__diag_memory (&w->diag);
    }
  if (!find_object (dw, u, obj))
    return true;
  const char *file = w->diag.file;
  if (obj->opened)
    w->diag.file = obj->path;
  bool good = (!obj->opened || pctab__dwarf_sections (obj, &obj->file, true, &w->diag))
              && pctab__dwarf_units (obj, &w->diag) && match_unit (w, u, obj);
  w->diag.file = file;
  return good;
}
