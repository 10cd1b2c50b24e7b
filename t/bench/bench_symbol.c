/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a PC to a name, and to file, line and inlined calls, beside what else does that.  Linked into a corpus program with
 * libpctab and what peers there are; it runs before main() if PCTAB_BENCH_SYMBOL is set, over the program's own PCs, and ends
 * the process.
 *
 * init and first: before the first answer, and it.  all: one answer in each function, that is what is read, kept and
 * allocated, in time and memory.  hot: 64 PCs again and again.  random: a function at random, then a PC in it.  cold: 64 MB
 * were written before each call; that floor is the call's own. */
#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <pctab/pctab.h>

#if __has_include(<backtrace.h>)
#include <backtrace.h>
#define HAVE_BACKTRACE 1
#endif
#if __has_include(<elfutils/libdwfl.h>)
#include <elfutils/libdwfl.h>
#include <dwarf.h>
#define HAVE_DWFL 1
#endif

enum { PC_CNT = 1 << 18, HOT_CNT = 64, COLD_CNT = 101, EVICT_LEN = 64 << 20, ROUNDS = 5 };

struct span {
  uintptr_t lo, hi;
};

static struct span *spans;
static size_t span_cnt;
static uintptr_t pcs[PC_CNT];
static char *evict;
static volatile uintptr_t sink;

/* Whether PC got an answer. */
typedef bool answer_fn (uintptr_t pc);

static double
nanoseconds (void)
{
  struct timespec t;
  clock_gettime (CLOCK_MONOTONIC, &t);
  return (double) t.tv_sec * 1e9 + (double) t.tv_nsec;
}

/* This thread's own: others may want the processor. */
static double
own_nanoseconds (void)
{
  struct timespec t;
  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &t);
  return (double) t.tv_sec * 1e9 + (double) t.tv_nsec;
}

static uint64_t state = 88172645463325252u;

static uint64_t
pick (uint64_t below)
{
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state % below;
}

/* --- PCs: functions of the program's own symbol table --- */

static int
by_address (const void *a, const void *b)
{
  const struct span *x = a, *y = b;
  return (x->lo > y->lo) - (x->lo < y->lo);
}

static int
find_bias (struct dl_phdr_info *info, size_t size, void *bias)
{
  (void) size;
  *(uintptr_t *) bias = info->dlpi_addr;
  return 1;
}

static void
read_functions (void)
{
  struct stat st;
  int fd = open ("/proc/self/exe", O_RDONLY);
  uintptr_t bias = 0;
  dl_iterate_phdr (find_bias, &bias);
  fstat (fd, &st);
  const char *file = mmap (NULL, (size_t) st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
  close (fd);
  const ElfW (Ehdr) *e = (const void *) file;
  const ElfW (Shdr) *sections = (const void *) (file + e->e_shoff);
  for (unsigned i = 0; i < e->e_shnum; i++)
    if (sections[i].sh_type == SHT_SYMTAB)
      {
        const ElfW (Sym) *symbols = (const void *) (file + sections[i].sh_offset);
        size_t cnt = sections[i].sh_size / sizeof *symbols;
        spans = calloc (cnt, sizeof *spans);
        for (size_t k = 0; k < cnt; k++)
          if ((symbols[k].st_info & 15) == STT_FUNC && symbols[k].st_size && symbols[k].st_shndx)
            spans[span_cnt++]
              = (struct span){ bias + symbols[k].st_value, bias + symbols[k].st_value + symbols[k].st_size };
      }
  munmap ((void *) file, (size_t) st.st_size);
  qsort (spans, span_cnt, sizeof *spans, by_address);
  size_t kept = 0;
  for (size_t i = 0; i < span_cnt; i++)
    if (!kept || spans[kept - 1].lo != spans[i].lo)
      spans[kept++] = spans[i];
  span_cnt = kept;
  for (size_t i = 0; i < PC_CNT; i++)
    {
      const struct span *s = &spans[pick (span_cnt)];
      pcs[i] = s->lo + pick (s->hi - s->lo);
    }
}

/* --- who answers --- */

static const struct pctab_table *table;
static struct pctab_cold whole, small;
static size_t whole_len;

static bool
pctab_init (void)
{
  static uint64_t small_buf[PCTAB_COLD_BYTES_MIN / 8];
  const struct pctab_module *m = pctab_find_module (pctab_modules (), (uint64_t) (uintptr_t) pctab_init);
  table = m ? &m->table : NULL;
  if (!table)
    return false;
  whole_len = pctab_cold_size (table);
  void *buf = mmap (NULL, whole_len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return buf != MAP_FAILED && !pctab_cold_open (&whole, table, buf, whole_len)
         && !pctab_cold_open (&small, table, small_buf, sizeof small_buf);
}

static bool
pctab_name (uintptr_t pc)
{
  const char *name;
  pctab_funcname (&whole, pc, &name);
  sink += (uintptr_t) name;
  return name != NULL;
}

static bool
line_through (struct pctab_cold *c, uintptr_t pc)
{
  struct pctab_frame frames[PCTAB_FRAMES_MAX];
  unsigned cnt;
  if (pctab_funcline (c, pc, frames, PCTAB_FRAMES_MAX, &cnt))
    return false;
  for (unsigned i = 0; i < cnt; i++)
    sink += (uintptr_t) frames[i].func + frames[i].line;
  return cnt && frames[cnt - 1].func && frames[0].line;
}

static bool
pctab_line (uintptr_t pc)
{
  return line_through (&whole, pc);
}

static bool
pctab_small_line (uintptr_t pc)
{
  return line_through (&small, pc);
}

static bool
pctab_small_name (uintptr_t pc)
{
  const char *name;
  pctab_funcname (&small, pc, &name);
  sink += (uintptr_t) name;
  return name != NULL;
}

static bool
pctab_frame (uintptr_t pc)
{
  struct pctab_func f = pctab_findfunc (table, pc);
  sink += f.off;
  return f.bits != 0;
}

static bool
none_init (void)
{
  return true;
}

static bool
glibc_object (uintptr_t pc)
{
#if __GLIBC_PREREQ(2, 35)
  struct dl_find_object o;
  bool found = !_dl_find_object ((void *) pc, &o);
  sink += (uintptr_t) o.dlfo_eh_frame;
  return found;
#else
  (void) pc;
  return false;
#endif
}

static bool
glibc_dladdr (uintptr_t pc)
{
  Dl_info info;
  bool found = dladdr ((void *) pc, &info) && info.dli_sname;
  sink += (uintptr_t) info.dli_saddr;
  return found;
}

#ifdef HAVE_BACKTRACE
static struct backtrace_state *backtrace;

static void
backtrace_error (void *data, const char *text, int number)
{
  (void) data;
  (void) text;
  (void) number;
}

static bool
backtrace_init (void)
{
  backtrace = backtrace_create_state (NULL, 0, backtrace_error, NULL);
  return backtrace != NULL;
}

static void
backtrace_symbol (void *found, uintptr_t pc, const char *name, uintptr_t value, uintptr_t size)
{
  (void) pc;
  (void) size;
  sink += value;
  *(bool *) found = name != NULL;
}

static bool
backtrace_name (uintptr_t pc)
{
  bool found = false;
  backtrace_syminfo (backtrace, pc, backtrace_symbol, backtrace_error, &found);
  return found;
}

static int
backtrace_frame (void *found, uintptr_t pc, const char *file, int line, const char *func)
{
  (void) pc;
  sink += (uintptr_t) file + (uintptr_t) line;
  *(bool *) found |= func && line;
  return 0;
}

static bool
backtrace_line (uintptr_t pc)
{
  bool found = false;
  backtrace_pcinfo (backtrace, pc, backtrace_frame, backtrace_error, &found);
  return found;
}
#endif

#ifdef HAVE_DWFL
static Dwfl *dwfl;

static bool
dwfl_init (void)
{
  static char *path;
  static const Dwfl_Callbacks callbacks
    = { .find_elf = dwfl_linux_proc_find_elf, .find_debuginfo = dwfl_standard_find_debuginfo, .debuginfo_path = &path };
  dwfl = dwfl_begin (&callbacks);
  return dwfl && !dwfl_linux_proc_report (dwfl, getpid ()) && !dwfl_report_end (dwfl, NULL, NULL);
}

static bool
dwfl_name (uintptr_t pc)
{
  Dwfl_Module *m = dwfl_addrmodule (dwfl, pc);
  const char *name = m ? dwfl_module_addrname (m, pc) : NULL;
  sink += (uintptr_t) name;
  return name != NULL;
}

/* The line, and the calls inlined there. */
static bool
dwfl_line (uintptr_t pc)
{
  Dwarf_Addr bias;
  Dwarf_Die *unit = dwfl_addrdie (dwfl, pc, &bias), *scopes = NULL;
  Dwfl_Line *line = dwfl_getsrc (dwfl, pc);
  int number = 0, cnt = unit ? dwarf_getscopes (unit, pc - bias, &scopes) : 0;
  const char *file = line ? dwfl_lineinfo (line, NULL, &number, NULL, NULL, NULL) : NULL;
  bool found = false;
  for (int i = 0; i < cnt; i++)
    if (dwarf_tag (&scopes[i]) == DW_TAG_subprogram || dwarf_tag (&scopes[i]) == DW_TAG_inlined_subroutine)
      {
        sink += (uintptr_t) dwarf_diename (&scopes[i]);
        found = true;
      }
  free (scopes);
  return found && file && number;
}
#endif

/* --- timing --- */

static int
by_size (const void *a, const void *b)
{
  double x = *(const double *) a, y = *(const double *) b;
  return (x > y) - (x < y);
}

static double
median (double *v, size_t cnt)
{
  qsort (v, cnt, sizeof *v, by_size);
  return v[cnt / 2];
}

/* KiB of memory that is this process' alone. */
static long
private_memory (void)
{
  char line[256];
  long kib = 0;
  FILE *in = fopen ("/proc/self/status", "r");
  while (in && fgets (line, sizeof line, in))
    sscanf (line, "RssAnon: %ld", &kib);
  if (in)
    fclose (in);
  return kib;
}

static double
time_loop (answer_fn *answer, size_t cnt, size_t times)
{
  double begun = own_nanoseconds ();
  for (size_t t = 0; t < times; t++)
    for (size_t i = 0; i < cnt; i++)
      answer (pcs[i]);
  return (own_nanoseconds () - begun) / ((double) cnt * (double) times);
}

static double
time_cold (answer_fn *answer, size_t cnt)
{
  double v[COLD_CNT] = { 0 };
  for (size_t i = 0; i < cnt; i++)
    {
      uintptr_t pc = pcs[PC_CNT / 2 + i * 997];
      for (size_t k = 0; k < EVICT_LEN; k += 64)
        evict[k]++;
      double begun = nanoseconds ();
      answer (pc);
      v[i] = nanoseconds () - begun;
    }
  return median (v, cnt);
}

struct figures {
  double hot, random;
};

static struct figures
measure (const char *what, bool (*init) (void), answer_fn *answer)
{
  long memory = private_memory ();
  double begun = nanoseconds (), rounds[ROUNDS];
  struct figures f = { 0, 0 };
  if (!init ())
    {
      printf ("  %-34s (nothing to answer with)\n", what);
      return f;
    }
  double ready = nanoseconds ();
  answer (pcs[0]);
  double first = nanoseconds (), limit = first + 2e9;
  size_t all = 0, good = 0, warm = 0;
  for (; all < span_cnt && nanoseconds () < limit; all++)
    answer (spans[all].lo);
  double done = nanoseconds ();
  memory = private_memory () - memory;
  for (limit = done + 2e9; warm < PC_CNT && (warm % 64 || nanoseconds () < limit); warm++)
    good += answer (pcs[warm]);
  for (int i = 0; i < ROUNDS; i++)
    rounds[i] = time_loop (answer, warm, 1);
  f.random = median (rounds, ROUNDS);
  size_t times = (size_t) (2e7 / (f.random * HOT_CNT)) + 1;
  for (int i = 0; i < ROUNDS; i++)
    rounds[i] = time_loop (answer, HOT_CNT, times);
  f.hot = median (rounds, ROUNDS);
  printf ("  %-34s %9.1f %9.1f %8.1f %9ld %9.1f %9.1f %9.0f  %5.1f%%\n", what, (ready - begun) / 1e3, (first - ready) / 1e3,
          all == span_cnt ? (done - first) / 1e6 : 0.0, memory, f.hot, f.random, time_cold (answer, f.random > 1e5 ? 15 : COLD_CNT),
          100.0 * (double) good / (double) warm);
  fflush (stdout);
  return f;
}

static void
goal (const char *what, double have, double other, double most)
{
  if (have <= 0 || other <= 0)
    return;
  double ratio = have / other;
  printf ("  goal: %s %.2f <= %.2f: ", what, ratio, most);
  if (ratio <= most)
    printf ("ok\n");
  else
    printf ("MISSED by %.0f%%\n", 100 * (ratio / most - 1));
}

static __attribute__ ((constructor (65535))) void
run (void)
{
  if (!getenv ("PCTAB_BENCH_SYMBOL"))
    return;
  read_functions ();
  evict = malloc (EVICT_LEN);
  memset (evict, 1, EVICT_LEN);
  pctab_read_begin ();
  printf ("  %zu functions\n  %-34s %9s %9s %8s %9s %9s %9s %9s  %s\n", span_cnt, "", "init us", "first us", "all ms",
          "all KiB", "hot ns", "random ns", "cold ns", "answers");
  measure ("_dl_find_object", none_init, glibc_object);
  struct figures name = measure ("pctab name", pctab_init, pctab_name);
  measure ("pctab findfunc alone", none_init, pctab_frame);
  struct figures line = measure ("pctab file:line, inlined calls", pctab_init, pctab_line);
  measure ("pctab name, 4 KiB", none_init, pctab_small_name);
  struct figures through = measure ("pctab file:line, 4 KiB", none_init, pctab_small_line);
  printf ("  (the buffer for all: %zu bytes)\n", whole_len);
  measure ("dladdr", none_init, glibc_dladdr);
#ifdef HAVE_BACKTRACE
  struct figures their_name = measure ("libbacktrace syminfo", backtrace_init, backtrace_name);
  struct figures their_line = measure ("libbacktrace pcinfo", none_init, backtrace_line);
  goal ("name, hot / libbacktrace", name.hot, their_name.hot, 20.0 / 18.4);
  goal ("name, random / libbacktrace", name.random, their_name.random, 60.0 / 79.4);
  goal ("file:line, hot / libbacktrace", line.hot, their_line.hot, 1.0);
  goal ("file:line, random / libbacktrace", line.random, their_line.random, 233.0 / 402);
  goal ("file:line through 4 KiB / libbacktrace, random", through.random, their_line.random, 3000.0 / 402);
#else
  (void) name, (void) line, (void) through, (void) goal;
  printf ("  (libbacktrace is missing: name where it is installed, PCTAB_LIBBACKTRACE=PREFIX)\n");
#endif
#ifdef HAVE_DWFL
  measure ("libdwfl addrname", dwfl_init, dwfl_name);
  measure ("libdwfl getsrc + scopes", none_init, dwfl_line);
#else
  printf ("  (elfutils' libdw-dev is missing)\n");
#endif
  fflush (stdout);
  _exit (0);
}
