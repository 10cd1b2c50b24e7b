/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a linked file with a placeholder to one with its table: the list of passes. */
#include "finish.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blame.h"
#include "elf_file.h"
#include "format.h"
#include "image_encode.h"
#include "import.h"
#include "mark.h"
#include "model.h"
#include "policy.h"
#include "verify.h"
#include "xxh64.h"

#define THREADS_MAX 4 /* links run side by side; more threads than this rarely find an idle CPU */
#define THREAD_BYTES (UINT64_C (4) << 20) /* of the file: with less for each, threads cost more than they save */

struct finish {
  struct elf_file file;
  struct place place;
  struct model model;
  struct policy *policy;
  struct image_about about;
  unsigned char *image;
  size_t image_len;
};

static unsigned
choose_threads (const struct finish *f, const struct options *o)
{
  cpu_set_t set;
  uint64_t worth = 1 + f->file.len / THREAD_BYTES;
  int cpus = sched_getaffinity (0, sizeof set, &set) ? 1 : CPU_COUNT (&set);
  if (o->threads)
    return o->threads;
  if (worth > THREADS_MAX)
    worth = THREADS_MAX;
  return cpus < 1 ? 1 : (unsigned) cpus < worth ? (unsigned) cpus : (unsigned) worth;
}

static int
compare_texts (const void *a, const void *b)
{
  const struct elf_section *x = *(const struct elf_section *const *) a, *y = *(const struct elf_section *const *) b;
  return x->addr < y->addr ? -1 : x->addr > y->addr;
}

/* The digest of the executable sections by rising address: each one's is the seed of the next. */
static bool
digest_texts (struct finish *f, struct diag *d)
{
  struct elf_file *e = &f->file;
  const struct elf_section **texts = calloc (e->section_cnt, sizeof *texts);
  if (!texts)
    return pctab__diag_memory (d);
  uint32_t cnt = 0;
  for (uint32_t i = 1; i < e->section_cnt; i++)
    if ((e->sections[i].flags & SHF_ALLOC) && (e->sections[i].flags & SHF_EXECINSTR) && e->sections[i].size)
      texts[cnt++] = &e->sections[i];
  qsort (texts, cnt, sizeof *texts, compare_texts);
  for (uint32_t i = 0; i < cnt; i++)
    {
      struct cursor c;
      if (!pctab__elf_contents (e, (struct elf_section *) texts[i], &c, d))
        break;
      f->about.text_digest = pctab__xxh64 (c.pos, cursor_left (&c), f->about.text_digest);
    }
  free (texts);
  return !d->failed;
}

/* The descriptor of the GNU build ID note, if there is one. */
static bool
find_build_id (struct finish *f, struct diag *d)
{
  struct elf_section *s = pctab__elf_section (&f->file, ".note.gnu.build-id");
  struct cursor c;
  if (!s)
    return true;
  if (!pctab__elf_contents (&f->file, s, &c, d))
    return false;
  uint32_t name_len = cursor_u32 (&c), len = cursor_u32 (&c), type = cursor_u32 (&c);
  const unsigned char *name = cursor_take (&c, 4);
  const unsigned char *id = cursor_take (&c, len);
  if (c.bad || name_len != 4 || memcmp (name, "GNU", 4) || type != NT_GNU_BUILD_ID)
    return true;
  f->about.build_id = id;
  f->about.build_id_len = len;
  return true;
}

static bool
check_lines (const struct finish *f, const struct options *o, struct diag *d)
{
  if (o->require_lines && !f->model.lines.cnt)
    return pctab__diag_error (d, NULL, "has no line information, which require=lines asks for; compile with -g and "
                              "link without -s and -S");
  return true;
}

static void
fill_stats (const struct finish *f, struct finish_stats *stats)
{
  const struct model *m = &f->model;
  stats->table_len = f->image_len;
  stats->symbols = m->symbols.cnt;
  stats->frames = m->frames.cnt;
  stats->rows = m->rows.cnt;
  stats->lines = m->lines.cnt;
  for (size_t i = 0; i < m->nodes.cnt; i++)
    stats->calls += m->nodes.at[i].parent != MODEL_NONE;
  stats->cfi_unknown = m->stats.cfi_unknown;
  stats->cfi_skipped = m->stats.cfi_skipped;
  stats->marks_dropped = m->stats.marks_dropped;
  stats->units = m->stats.units;
  stats->units_missing = m->stats.units_missing;
}

/* What needs no debug information. */
static bool
import_frames (struct finish *f, const struct options *o, struct diag *d)
{
  f->policy = pctab__policy_read (&f->file, &f->model, o, d);
  if (!f->policy)
    return false;
  return pctab__import_cfi (&f->file, &f->model, d) && pctab__import_symbol (&f->file, &f->model, d)
         && digest_texts (f, d);
}

struct frames_task {
  struct finish *f;
  const struct options *options;
  struct diag diag;
};

static void *
import_frames_beside (void *arg)
{
  struct frames_task *task = arg;
  import_frames (task->f, task->options, &task->diag);
  return NULL;
}

/* Frames and lines side by side: they fill different vectors of the model.  Where both fail the message is that of the
 * frames, as if one had come after the other. */
static bool
import_all (struct finish *f, const struct options *o, unsigned threads, struct diag *d)
{
  struct frames_task task = { f, o, { .file = d->file } };
  pthread_t thread;
  bool beside = !o->no_lines && threads > 1 && !pthread_create (&thread, NULL, import_frames_beside, &task);
  if (!beside && !import_frames (f, o, d))
    return false;
  bool good = o->no_lines || pctab__import_dwarf (&f->file, &f->model, threads, d);
  if (beside)
    pthread_join (thread, NULL);
  if (task.diag.failed)
    *d = task.diag;
  return good && !task.diag.failed;
}

/* What a decision at a signal rests on, as the second reader has it. */
static bool
verify_image (const struct finish *f, struct diag *d)
{
  char text[VERIFY_TEXT_MAX];
  return pctab__verify_at_link (f->image, f->image_len, f->place.addr, text)
         || pctab__diag_error (d, ".pctab", "%s", text);
}

/* Every rule, over the file as it is now. */
static bool
verify_file (const char *path, const struct options *o, struct diag *d)
{
  char text[VERIFY_TEXT_MAX];
  struct diag undo = { .file = path };
  if (!o->verify_full || pctab__verify_by_command (path, text))
    return true;
  bool undone = pctab__place_unfinish (path, &undo);
  return pctab__diag_error (d, ".pctab", "%s%s%s", text, undone ? "" : "\n", undone ? "" : undo.text);
}

static bool
run_passes (struct finish *f, const char *path, const struct options *o, struct finish_stats *stats, struct diag *d)
{
  struct model *m = &f->model;
  if (!pctab__elf_open (&f->file, path, d) || !pctab__place_find (&f->place, &f->file, o->force, d)
      || !pctab__place_prove (&f->place, PCTAB_H_BYTES, d))
    return false;
  unsigned threads = choose_threads (f, o);
  m->table_addr = f->place.addr;
  struct blame blame = { .inputs = o->inputs };
  const struct mark_by marks = { pctab__mark_arch (f->file.machine), pctab__blame_object, &blame };
  if (!pctab__import_module (&f->file, m, d) || !import_all (f, o, threads, d)
      || !pctab__import_section (&f->file, m, !o->no_lines, &blame, d) || !check_lines (f, o, d)
      || !pctab__policy_apply (f->policy, m, stats->warnings, sizeof stats->warnings, d)
      || !pctab__mark_resolve (&f->file, m, &marks, d) || !find_build_id (f, d))
    return false;
  fill_stats (f, stats);
  /* From here on nothing is added to the model. */
  if (!pctab__image_encode (m, &f->about, threads, &f->image, &f->image_len, d))
    return false;
  stats->table_len = f->image_len;
  return verify_image (f, d) && pctab__place_write (&f->place, f->image, f->image_len, &stats->how, d)
         && verify_file (path, o, d);
}

bool
pctab__finish (const char *path, const struct options *o, struct finish_stats *stats, struct diag *d)
{
  struct finish f = { 0 };
  memset (stats, 0, sizeof *stats);
  d->file = path;
  pctab__model_init (&f.model);
  bool good = run_passes (&f, path, o, stats, d);
  free (f.image);
  pctab__policy_free (f.policy);
  pctab__model_free (&f.model);
  pctab__elf_close (&f.file);
  return good;
}

void
pctab__finish_describe (const char *path, const struct finish_stats *s, char *text, size_t size)
{
  char dropped[64] = "";
  if (s->marks_dropped)
    snprintf (dropped, sizeof dropped, ", marks without frame %llu", (unsigned long long) s->marks_dropped);
  snprintf (text, size, "%s: table %zu bytes (%s), %zu symbols, %zu frames, %zu rows, %zu lines, %zu inlined calls, "
            "%llu units, %llu units missing, cfi unknown %llu, cfi skipped %llu%s%s",
            path, s->table_len, s->how == PLACE_FILLED ? "in place" : "new file", s->symbols, s->frames, s->rows,
            s->lines, s->calls, (unsigned long long) s->units, (unsigned long long) s->units_missing,
            (unsigned long long) s->cfi_unknown, (unsigned long long) s->cfi_skipped,
            dropped, s->lines ? "" : "; no line information");
}
