/* SPDX-License-Identifier: MIT */
/* Prints frames.  The cold part is read through one buffer, for the module at hand; where it is too small to keep what a
 * module has, strings in it stay until the next question alone. */
#include "crash.h"
#include "module.h"

struct printer {
  struct crash_out *out;
  void *buf;
  size_t len;
  const struct pctab_module *module; /* that `cold` is of; NULL: none */
  struct pctab_cold cold;
  struct pctab_record record;
  struct pctab_frame frames[PCTAB_FRAMES_MAX];
  unsigned cnt; /* of frames */
};

static bool
open_cold (struct printer *p, const struct pctab_module *m)
{
  p->module = NULL;
  if (pctab_cold_open (&p->cold, &m->table, p->buf, p->len))
    return false;
  p->module = m;
  return true;
}

/* What is known at PC: a record, and calls, of which the last one has the record's name.  A string that has no room is
 * left out. */
static void
look_up (struct printer *p, const struct pctab_module *m, uint64_t pc)
{
  p->cnt = 0;
  p->record = (struct pctab_record){ 0 };
  if (!m || (m != p->module && !open_cold (p, m)))
    return;
  pctab_find_record (&p->cold, pc, &p->record);
  if (!p->record.end)
    return;
  pctab_funcline (&p->cold, pc, p->frames, PCTAB_FRAMES_MAX, &p->cnt);
  if (p->cnt)
    p->record.name = p->frames[p->cnt - 1].func;
  else
    pctab_find_record (&p->cold, pc, &p->record);
}

static void
print_begin (struct printer *p, uint64_t number, uint64_t pc)
{
  pctab__out_text (p->out, "#");
  pctab__out_decimal (p->out, number);
  pctab__out_text (p->out, " ");
  pctab__out_hex (p->out, pc);
  pctab__out_text (p->out, " ");
}

static void
print_line (struct printer *p, const struct pctab_frame *f)
{
  if (f->file)
    {
      pctab__out_text (p->out, " in ");
      pctab__out_text (p->out, f->file);
    }
  if (f->file && f->line)
    {
      pctab__out_text (p->out, ":");
      pctab__out_decimal (p->out, f->line);
    }
}

/* A file that is known, but has no table, or one that is refused: where in it, and why it says no more. */
static void
print_refused (struct printer *p, uint64_t pc)
{
  const struct record *r = pctab__list_find (list_of (pctab_modules ()), pc);
  if (!r || !r->error || !pctab__record_lives (r))
    {
      pctab__out_text (p->out, " in no known module");
      return;
    }
  pctab__out_text (p->out, " in ");
  pctab__out_text (p->out, r->module.path && *r->module.path ? r->module.path : "?");
  pctab__out_text (p->out, "+");
  pctab__out_hex (p->out, pc - r->module.bias);
  pctab__out_text (p->out, ": ");
  pctab__out_text (p->out, pctab_error_text (r->error));
}

static void
print_module (struct printer *p, const struct pctab_module *m, uint64_t pc)
{
  if (!m)
    {
      print_refused (p, pc);
      return;
    }
  pctab__out_text (p->out, " in ");
  pctab__out_text (p->out, m->path && *m->path ? m->path : "?");
  pctab__out_text (p->out, "+");
  pctab__out_hex (p->out, pc - m->bias);
  if (m->build_id_len)
    {
      pctab__out_text (p->out, ", build ID ");
      pctab__out_bytes (p->out, m->build_id, m->build_id_len);
    }
}

/* Inlined calls first, each on a line with the number of the frame they are in. */
static void
print_frame (struct printer *p, uint64_t number, const struct crash_frame *f)
{
  uint64_t pc = f->pc - (!f->exact && !f->signal);
  const struct pctab_module *m = pctab_find_module (pctab_modules (), pc);
  look_up (p, m, pc);
  for (unsigned i = 0; i + 1 < p->cnt; i++)
    {
      print_begin (p, number, f->pc);
      pctab__out_text (p->out, p->frames[i].func ? p->frames[i].func : "??");
      pctab__out_text (p->out, " (inlined)");
      print_line (p, &p->frames[i]);
      pctab__out_text (p->out, "\n");
    }
  print_begin (p, number, f->pc);
  if (f->signal)
    pctab__out_text (p->out, "return from a signal handler: ");
  const char *name = p->record.end ? p->record.name : NULL;
  pctab__out_text (p->out, name ? name : "??");
  if (name)
    {
      pctab__out_text (p->out, "+");
      pctab__out_hex (p->out, f->pc - p->record.entry);
    }
  if (p->cnt && p->frames[p->cnt - 1].file)
    print_line (p, &p->frames[p->cnt - 1]);
  else
    print_module (p, m, f->pc);
  pctab__out_text (p->out, "\n");
}

static void
print_end (struct crash_out *o, const struct crash_walk *w)
{
  if (w->stop == PCTAB_STOP_END)
    return;
  pctab__out_text (o, "   the walk ended at ");
  pctab__out_hex (o, w->stop_pc);
  pctab__out_text (o, ": ");
  pctab__out_text (o, w->stop == PCTAB_STOP_TOO_DEEP ? "there are too many frames" : pctab_stop_text (w->stop));
  pctab__out_text (o, "\n");
}

void
pctab__crash_print (struct crash_out *o, const struct crash_walk *w, void *buf, size_t len)
{
  static struct printer p; /* one crash at a time */
  p = (struct printer){ .out = o, .buf = buf, .len = len };
  uint64_t last_cnt = w->cnt > w->half ? w->cnt - w->half : 0, left_out = last_cnt > w->half ? last_cnt - w->half : 0;
  for (uint64_t i = 0; i < w->cnt && i < w->half; i++)
    print_frame (&p, i, &w->first[i]);
  if (left_out)
    {
      pctab__out_text (o, "   ");
      pctab__out_decimal (o, left_out);
      pctab__out_text (o, " frames are left out\n");
    }
  for (uint64_t i = left_out; i < last_cnt; i++)
    print_frame (&p, w->half + i, &w->last[i % w->half]);
  print_end (o, w);
}
