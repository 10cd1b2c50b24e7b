/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lookup in a table beside Go's algorithms over the same rows (go_style.c), in one process, alternating.
 *
 *     bench_lookup FILE             ratios pctab / Go: findfunc, and findfunc with pcvalue and startpc
 *     bench_lookup --count FILE     100,000 of each lookup and no timing, for callgrind
 *
 * hot: 64 PCs again and again (over 64 such sets).  random: a function at random, then a PC in it.  random byte: every
 * byte of code alike, which long functions win.  Go's streams hold the SP delta, as its own pcsp does; where a frame's
 * rule changes and its SP delta does not, Go has a row less, and its startpc is earlier. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "elf_file.h"
#include "go_style.h"
#include <pctab/table.h>

enum { PC_CNT = 1 << 20, HOT_CNT = 64, HOT_SETS = 64, REPS = 11, COUNT_CNT = 100000 };

struct vec {
  void *at;
  size_t cnt, cap;
};

struct bench {
  struct pctab_table table;
  struct go_tables go;
  uint64_t base;      /* the PC that Go's offsets count from */
  uint32_t *starts;   /* for the binary search */
  struct vec funcs, rows; /* struct go_input, struct go_row */
  uint64_t code_len;  /* bytes in functions */
  volatile uint64_t sink;
};

static void
die (const char *what)
{
  fprintf (stderr, "bench_lookup: %s\n", what);
  exit (1);
}

static void *
push (struct vec *v, size_t size)
{
  if (v->cnt == v->cap)
    {
      v->cap = v->cap ? v->cap * 2 : 1024;
      v->at = realloc (v->at, v->cap * size);
      if (!v->at)
        die ("out of memory");
    }
  return (char *) v->at + v->cnt++ * size;
}

/* --- building Go's tables from ours --- */

/* The function found at PC, up to END at most: its rows, and where it ends. */
static uint64_t
walk_function (struct bench *b, struct pctab_func f, uint64_t pc, uint64_t end)
{
  struct go_input *in = push (&b->funcs, sizeof *in);
  *in = (struct go_input){ (uint32_t) (pc - b->base), 0, (uint32_t) b->rows.cnt, 0 };
  struct pctab_func at;
  int64_t before = INT64_MIN;
  for (; pc < end && (at = pctab_findfunc (&b->table, pc)).bits && at.off == f.off; pc++)
    {
      int32_t delta = pctab_funcspdelta (&b->table, at, pc);
      if (delta != before)
        *(struct go_row *) push (&b->rows, sizeof (struct go_row))
          = (struct go_row){ (uint32_t) (pc - b->base), delta };
      before = delta;
    }
  in->end = (uint32_t) (pc - b->base);
  in->row_cnt = (uint32_t) b->rows.cnt - in->row;
  b->code_len += in->end - in->start;
  return pc;
}

static void
walk_text (struct bench *b, uint64_t pc, uint64_t end)
{
  struct pctab_func f;
  while (pc < end)
    if ((f = pctab_findfunc (&b->table, pc)).bits)
      pc = walk_function (b, f, pc, end);
    else
      pc++;
}

static int
by_address (const void *a, const void *b)
{
  const struct elf_section *x = a, *y = b;
  return (x->addr > y->addr) - (x->addr < y->addr);
}

static void
build_go (struct bench *b, struct elf_file *f)
{
  struct vec texts = { 0 };
  for (uint32_t i = 0; i < f->section_cnt; i++)
    if (f->sections[i].flags & SHF_EXECINSTR && f->sections[i].size)
      *(struct elf_section *) push (&texts, sizeof (struct elf_section)) = f->sections[i];
  if (!texts.cnt)
    die ("the file has no code");
  struct elf_section *s = texts.at;
  qsort (s, texts.cnt, sizeof *s, by_address);
  b->base = s->addr & ~UINT64_C (4095);
  for (size_t i = 0; i < texts.cnt; i++)
    walk_text (b, s[i].addr, s[i].addr + s[i].size);
  if (!go_build (&b->go, b->funcs.at, (uint32_t) b->funcs.cnt, b->rows.at, 1))
    die ("the table has no function");
  b->starts = malloc (b->funcs.cnt * sizeof *b->starts);
  if (!b->starts)
    die ("out of memory");
  for (size_t i = 0; i < b->funcs.cnt; i++)
    b->starts[i] = ((struct go_input *) b->funcs.at)[i].start;
  free (texts.at);
}

static void
open_table (struct bench *b, struct elf_file *f, const char *path)
{
  struct diag d = { .file = path };
  struct cursor c;
  if (!pctab__elf_open (f, path, &d))
    die (d.text);
  struct elf_section *s = pctab__elf_section (f, ".pctab");
  if (!s || !pctab__elf_contents (f, s, &c, &d))
    die (s ? d.text : "the file has no .pctab");
  size_t len = cursor_left (&c);
  void *image = aligned_alloc (4096, (len + 4095) & ~(size_t) 4095);
  if (!image)
    die ("out of memory");
  memcpy (image, c.pos, len);
  enum pctab_error e = pctab_table_open (&b->table, image, len, s->addr);
  if (e)
    die (pctab_error_text (e));
}

/* --- the lookups, each a loop of its own --- */

#define LOOP __attribute__ ((noinline, noclone)) static void

LOOP
loop_pctab_findfunc (struct bench *b, const uint64_t *pcs, size_t cnt)
{
  uint64_t sum = 0;
  for (size_t i = 0; i < cnt; i++)
    {
      struct pctab_func f = pctab_findfunc (&b->table, pcs[i]);
      if (f.bits)
        sum += pctab_func_entry (&b->table, f);
    }
  b->sink += sum;
}

LOOP
loop_go_findfunc (struct bench *b, const uint64_t *pcs, size_t cnt)
{
  uint64_t sum = 0;
  for (size_t i = 0; i < cnt; i++)
    {
      const struct go_func *f = go_findfunc (&b->go, (uint32_t) (pcs[i] - b->base));
      if (f)
        sum += (uint64_t) (uintptr_t) f;
    }
  b->sink += sum;
}

LOOP
loop_binary_search (struct bench *b, const uint64_t *pcs, size_t cnt)
{
  uint64_t sum = 0;
  for (size_t i = 0; i < cnt; i++)
    {
      uint32_t pc = (uint32_t) (pcs[i] - b->base);
      size_t low = 0, high = b->funcs.cnt;
      while (high - low > 1)
        {
          size_t mid = (low + high) / 2;
          if (b->starts[mid] <= pc)
            low = mid;
          else
            high = mid;
        }
      sum += low;
    }
  b->sink += sum;
}

LOOP
loop_pctab_pcvalue (struct bench *b, const uint64_t *pcs, size_t cnt)
{
  uint64_t sum = 0;
  for (size_t i = 0; i < cnt; i++)
    {
      struct pctab_func f = pctab_findfunc (&b->table, pcs[i]);
      uint64_t start;
      if (f.bits)
        sum += (uint64_t) pctab_pcvalue (&b->table, f, pcs[i], &start) + start;
    }
  b->sink += sum;
}

LOOP
loop_go_pcvalue (struct bench *b, const uint64_t *pcs, size_t cnt)
{
  uint64_t sum = 0;
  for (size_t i = 0; i < cnt; i++)
    {
      uint32_t pc = (uint32_t) (pcs[i] - b->base), start;
      const struct go_func *f = go_findfunc (&b->go, pc);
      if (f)
        sum += (uint64_t) go_pcvalue (&b->go, f, f->pcsp, pc, &start) + start;
    }
  b->sink += sum;
}

/* What a decision asks besides: UnsafePoint's value. */
LOOP
loop_pctab_pcdatavalue (struct bench *b, const uint64_t *pcs, size_t cnt)
{
  uint64_t sum = 0;
  for (size_t i = 0; i < cnt; i++)
    {
      struct pctab_func f = pctab_findfunc (&b->table, pcs[i]);
      uint64_t start;
      if (f.bits)
        sum += (uint64_t) pctab_pcdatavalue (&b->table, f, PCTAB_TABLE_UNSAFEPOINT, pcs[i], &start) + start;
    }
  b->sink += sum;
}

typedef void loop_fn (struct bench *b, const uint64_t *pcs, size_t cnt);

/* --- PCs --- */

static uint64_t state = 88172645463325252u;

static uint64_t
pick (uint64_t below)
{
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state % below;
}

static uint64_t *
pick_pcs (struct bench *b, size_t cnt, bool by_byte)
{
  const struct go_input *in = b->funcs.at;
  uint64_t *pcs = malloc (cnt * sizeof *pcs), *upto = malloc (b->funcs.cnt * sizeof *upto), sum = 0;
  if (!pcs || !upto)
    die ("out of memory");
  for (size_t i = 0; i < b->funcs.cnt; i++)
    upto[i] = sum += in[i].end - in[i].start;
  for (size_t i = 0; i < cnt; i++)
    {
      size_t k = pick (b->funcs.cnt);
      if (by_byte)
        {
          uint64_t byte = pick (b->code_len);
          size_t low = 0, high = b->funcs.cnt - 1;
          while (low < high)
            {
              size_t mid = (low + high) / 2;
              if (upto[mid] <= byte)
                low = mid + 1;
              else
                high = mid;
            }
          k = low;
        }
      pcs[i] = b->base + in[k].start + pick (in[k].end - in[k].start);
    }
  free (upto);
  return pcs;
}

/* Both sides must give the same answers, or the comparison means nothing. */
static void
check_answers (struct bench *b, const uint64_t *pcs)
{
  size_t later = 0;
  for (size_t i = 0; i < PC_CNT; i++)
    {
      struct pctab_func f;
      uint64_t start;
      uint32_t pc = (uint32_t) (pcs[i] - b->base), go_start;
      const struct go_func *g = go_findfunc (&b->go, pc);
      if (!g || !(f = pctab_findfunc (&b->table, pcs[i])).bits
          || pctab_func_entry (&b->table, f) - b->base != g->entry_off)
        die ("findfunc: the two sides differ");
      pctab_pcvalue (&b->table, f, pcs[i], &start);
      if (pctab_funcspdelta (&b->table, f, pcs[i]) != go_pcvalue (&b->go, g, g->pcsp, pc, &go_start)
          || go_start > start - b->base)
        die ("pcvalue: the two sides differ");
      later += go_start != start - b->base;
    }
  printf ("  %d PCs answered alike; at %.2f%% of them the rule begins after the SP delta\n",
          PC_CNT, 100.0 * (double) later / PC_CNT);
}

/* --- timing --- */

static double
nanoseconds (void)
{
  struct timespec t;
  clock_gettime (CLOCK_MONOTONIC, &t);
  return (double) t.tv_sec * 1e9 + (double) t.tv_nsec;
}

static int
compare (const void *a, const void *b)
{
  double x = *(const double *) a, y = *(const double *) b;
  return (x > y) - (x < y);
}

static double
median (double *v, size_t cnt)
{
  qsort (v, cnt, sizeof *v, compare);
  return v[cnt / 2];
}

static double
time_loop (struct bench *b, loop_fn *loop, const uint64_t *pcs, size_t cnt, size_t times)
{
  double begun = nanoseconds ();
  for (size_t i = 0; i < times; i++)
    loop (b, pcs, cnt);
  return (nanoseconds () - begun) / ((double) cnt * (double) times);
}

struct timing {
  double ours, go, ratio;
};

static struct timing
time_both (struct bench *b, loop_fn *ours, loop_fn *go, const uint64_t *pcs, size_t cnt, size_t times)
{
  double o[REPS], g[REPS], r[REPS];
  time_loop (b, ours, pcs, cnt, 1);
  time_loop (b, go, pcs, cnt, 1);
  for (int i = 0; i < REPS; i++)
    {
      o[i] = time_loop (b, ours, pcs, cnt, times);
      g[i] = time_loop (b, go, pcs, cnt, times);
      r[i] = o[i] / g[i];
    }
  return (struct timing){ median (o, REPS), median (g, REPS), median (r, REPS) };
}

/* Sets differ: a few long functions weigh much in the one that has them.  So the times of all sets are added up. */
static struct timing
time_hot (struct bench *b, loop_fn *ours, loop_fn *go, const uint64_t *pcs)
{
  struct timing sum = { 0 };
  for (int i = 0; i < HOT_SETS; i++)
    {
      struct timing t = time_both (b, ours, go, pcs + i * HOT_CNT, HOT_CNT, 500);
      sum.ours += t.ours / HOT_SETS;
      sum.go += t.go / HOT_SETS;
    }
  sum.ratio = sum.ours / sum.go;
  return sum;
}

static void
report (const char *what, const char *where, struct timing t, double goal)
{
  printf ("  %-24s %-12s pctab %6.1f ns  Go %6.1f ns  ratio %.3f", what, where, t.ours, t.go, t.ratio);
  if (goal > 0)
    {
      printf ("  goal: <= %.2f: ", goal);
      if (t.ratio <= goal)
        printf ("ok");
      else
        printf ("MISSED by %.0f%%", 100 * (t.ratio / goal - 1));
    }
  putchar ('\n');
}

static void
time_all (struct bench *b)
{
  uint64_t *pcs = pick_pcs (b, PC_CNT, false), *bytes = pick_pcs (b, PC_CNT, true);
  check_answers (b, bytes);
  check_answers (b, pcs);
  report ("findfunc", "hot", time_hot (b, loop_pctab_findfunc, loop_go_findfunc, pcs), 1.0);
  report ("findfunc", "random", time_both (b, loop_pctab_findfunc, loop_go_findfunc, pcs, PC_CNT, 1), 1.0);
  report ("findfunc", "random byte", time_both (b, loop_pctab_findfunc, loop_go_findfunc, bytes, PC_CNT, 1), 0);
  report ("findfunc + pcvalue", "hot", time_hot (b, loop_pctab_pcvalue, loop_go_pcvalue, pcs), 0.30);
  report ("findfunc + pcvalue", "random", time_both (b, loop_pctab_pcvalue, loop_go_pcvalue, pcs, PC_CNT, 1), 0.40);
  report ("findfunc + pcvalue", "random byte", time_both (b, loop_pctab_pcvalue, loop_go_pcvalue, bytes, PC_CNT, 1), 0);
  printf ("  (findfunc and pcdatavalue of UnsafePoint: hot %.1f ns, random %.1f ns)\n",
          time_hot (b, loop_pctab_pcdatavalue, loop_go_findfunc, pcs).ours,
          time_both (b, loop_pctab_pcdatavalue, loop_go_findfunc, pcs, PC_CNT, 1).ours);
  printf ("  (binary search over u32: hot %.1f ns, random %.1f ns)\n",
          time_hot (b, loop_binary_search, loop_go_findfunc, pcs).ours,
          time_both (b, loop_binary_search, loop_go_findfunc, pcs, PC_CNT, 1).ours);
  free (pcs);
  free (bytes);
}

static void
count_all (struct bench *b)
{
  uint64_t *pcs = pick_pcs (b, COUNT_CNT, false);
  loop_pctab_findfunc (b, pcs, COUNT_CNT);
  loop_go_findfunc (b, pcs, COUNT_CNT);
  loop_pctab_pcvalue (b, pcs, COUNT_CNT);
  loop_go_pcvalue (b, pcs, COUNT_CNT);
  loop_pctab_pcdatavalue (b, pcs, COUNT_CNT);
  free (pcs);
}

int
main (int argc, char **argv)
{
  static struct bench b;
  struct elf_file f;
  bool counting = argc == 3 && !strcmp (argv[1], "--count");
  if (argc != 2 + counting)
    die ("usage: bench_lookup [--count] FILE");
  open_table (&b, &f, argv[1 + counting]);
  build_go (&b, &f);
  if (counting)
    count_all (&b);
  else
    {
      printf ("  %zu functions, %zu rows, %.1f MB of code; Go's streams %zu bytes, functab and buckets %zu, "
              "records %zu\n",
              b.funcs.cnt, b.rows.cnt, (double) b.code_len / 1e6, b.go.pctab_len,
              (b.funcs.cnt + 1) * sizeof (struct go_functab) + b.go.bucket_cnt * sizeof (struct go_bucket),
              b.go.funcs_len);
      time_all (&b);
    }
  go_free (&b.go);
  free (b.starts);
  free (b.funcs.at);
  free (b.rows.at);
  free ((void *) b.table.image);
  pctab__elf_close (&f);
  return 0;
}
