/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Damages the file around a module table, again and again from one seed, and runs all of pctab-verify's rules over it.
 *
 * Only the table's own bytes stay: those are fuzz_table's.  Headers and the sections that the rules read are hit more
 * often than the rest, and now and then the file is cut off.  Whatever comes out is right as long as it comes: findings
 * or a failure that is said, within the time.  Each file has a process of its own, as in the command: that libdw
 * crashes is counted and not held against pctab.  Sanitizers say whose a crash is; without them --no-libdw leaves out
 * what uses it.
 *
 * usage: fuzz_file [--no-libdw] FILE COUNT [SEED]; exits 1 at the first broken promise, naming the iteration. */
#include <elf.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "layout.h"
#include "mutate.h"
#include "settings.h"
#include "verify.h"

struct region {
  uint64_t off, len;
};

struct subject {
  unsigned char *bytes;
  size_t len;
  struct region regions[64];
  size_t region_cnt;
  struct region table;
};

static const char *const read_sections[] = {
  ".dynamic", ".rela.dyn", ".rela.plt", ".eh_frame", ".eh_frame_hdr", ".debug_frame", ".debug_line", ".debug_info",
  ".debug_abbrev", ".debug_str", ".debug_line_str", ".debug_ranges", ".debug_rnglists", ".symtab", ".note.gnu.build-id",
};

static void
add_region (struct subject *s, uint64_t off, uint64_t len)
{
  if (len && off < s->len && len <= s->len - off && s->region_cnt < sizeof s->regions / sizeof *s->regions)
    s->regions[s->region_cnt++] = (struct region) { off, len };
}

static bool
read_subject (struct subject *s, const char *path)
{
  struct report r;
  struct target t = { .path = path, .report = &r };
  s->bytes = read_file (path, &s->len);
  if (!s->bytes)
    return false;
  pctab__report_init (&r);
  pctab__target_open (&t);
  bool good = t.state == TARGET_TABLE && t.table_section;
  s->table = (struct region) { t.table_off, t.table_room };
  add_region (s, 0, 64);
  add_region (s, t.segment_head_off, (uint64_t) t.segment_cnt * (t.is64 ? 56 : 32));
  for (unsigned i = 0; i < 4; i++)
    add_region (s, t.section_head_off, (uint64_t) t.section_cnt * (t.is64 ? 64 : 40));
  for (uint32_t i = 0; i < t.section_cnt; i++)
    for (size_t j = 0; j < sizeof read_sections / sizeof *read_sections; j++)
      if (!strcmp (t.sections[i].name, read_sections[j]))
        add_region (s, t.sections[i].off, t.sections[i].size);
  pctab__target_close (&t);
  pctab__report_free (&r);
  if (!good)
    fprintf (stderr, "fuzz_file: %s has no table\n", path);
  return good;
}

/* A copy of the file, damaged, as a file of its own. */
static int
make_file (const struct subject *s, unsigned char *copy)
{
  size_t len = s->len;
  memcpy (copy, s->bytes, len);
  for (uint64_t n = 1 + random_below (8); n; n--)
    {
      const struct region *r = &s->regions[random_below (s->region_cnt)];
      if (random_below (8))
        damage_bytes (copy + r->off, r->len);
      else
        damage_bytes (copy, len);
    }
  memcpy (copy + s->table.off, s->bytes + s->table.off, s->table.len);
  if (!random_below (16))
    len = random_below (len);
  int fd = memfd_create ("fuzz", MFD_CLOEXEC);
  for (size_t at = 0; fd >= 0 && at < len;)
    {
      ssize_t n = write (fd, copy + at, len - at);
      if (n <= 0)
        return -1;
      at += (size_t) n;
    }
  return fd;
}

/* 0: it has no table any more; 1: no finding; 2: findings; 3: said to have failed. */
static int
verify (int fd, bool libdw)
{
  char path[64];
  struct report r;
  struct settings settings = { .min_coverage = 1 };
  snprintf (path, sizeof path, "/proc/self/fd/%d", fd);
  struct target t = { .path = path, .named = true, .report = &r };
  pctab__report_init (&r);
  pctab__target_open (&t);
  int state = t.state == TARGET_TABLE;
  if (state && libdw)
    pctab__check_target (&t, &settings);
  else if (state && pctab__verify_image (&t.table, t.bytes, t.bytes_len, t.table_addr, VERIFY_ALL, &r))
    {
      struct layout l;
      if (pctab__layout_read (&l, &t))
        {
          pctab__check_elf (&t);
          pctab__check_relocs (&t);
          pctab__check_text (&t, &l);
        }
      pctab__layout_free (&l);
    }
  if (t.state == TARGET_FAILED)
    state = *t.failure ? 3 : 4;
  else if (state && r.cnt)
    state = 2;
  pctab__target_close (&t);
  pctab__report_free (&r);
  return state;
}

#define CHILD 64 /* added to its state: a sanitizer's exit status is another */

/* Whether what a sanitizer wrote to the file FD is about a place in libdw or libelf: its first frame that has a library
 * is. */
static bool
blames_libdw (int fd)
{
  char text[4096];
  ssize_t len = pread (fd, text, sizeof text - 1, 0);
  text[len > 0 ? len : 0] = 0;
  for (char *at = text; (at = strstr (at, "\n    #")); at++)
    {
      char *end = strchr (at + 1, '\n');
      if (end)
        *end = 0;
      bool skip = strstr (at + 1, "sanitizer");
      bool blamed = strstr (at + 1, "/libdw") || strstr (at + 1, "/libelf");
      if (end)
        *end = '\n';
      if (!skip)
        return blamed;
    }
  return false;
}

/* The same in a child; its state, or -1 for one that libdw has killed, or -2 for anything else. */
static int
verify_apart (int fd)
{
  int status, log = memfd_create ("log", 0);
  pid_t pid = fork ();
  if (!pid)
    {
      dup2 (log, STDERR_FILENO);
      watch_time ();
      _exit (CHILD + verify (fd, true));
    }
  if (log < 0 || pid < 0 || waitpid (pid, &status, 0) != pid)
    return -2;
  int state = -2;
  if (WIFEXITED (status) && WEXITSTATUS (status) >= CHILD && WEXITSTATUS (status) <= CHILD + 3)
    state = WEXITSTATUS (status) - CHILD;
  else if (blames_libdw (log) || (WIFSIGNALED (status) && WTERMSIG (status) == SIGSEGV))
    state = -1;
  else
    {
      char text[2048];
      ssize_t len = pread (log, text, sizeof text, 0);
      fprintf (stderr, "%.*s\nstatus %#x\n", (int) (len > 0 ? len : 0), text, status);
    }
  close (log);
  return state;
}

int
main (int argc, char **argv)
{
  struct subject s = { 0 };
  bool libdw = argc < 2 || strcmp (argv[1], "--no-libdw");
  argv += !libdw;
  argc -= !libdw;
  if (argc < 3)
    {
      fprintf (stderr, "usage: fuzz_file [--no-libdw] FILE COUNT [SEED]\n");
      return 2;
    }
  unsigned long count = strtoul (argv[2], NULL, 0), states[4] = { 0 }, crashes = 0;
  random_state = argc > 3 ? strtoull (argv[3], NULL, 0) : 1;
  if (!read_subject (&s, argv[1]))
    return 77;
  unsigned char *copy = malloc (s.len);
  for (unsigned long i = 0; copy && i < count; i++)
    {
      int fd = make_file (&s, copy);
      if (!libdw)
        watch_time ();
      int state = fd < 0 ? -2 : libdw ? verify_apart (fd) : verify (fd, false);
      close (fd);
      if (state == -1)
        crashes++;
      else if (state >= 0 && state < 4)
        states[state]++;
      else
        {
          fprintf (stderr, "fuzz_file: iteration %lu: state %d\n", i, state);
          free (copy);
          free (s.bytes);
          return 1;
        }
    }
  printf ("%lu files: %lu without a table, %lu without a finding, %lu with findings, %lu that could not be verified; "
          "libdw crashed on %lu\n", count, states[0], states[1], states[2], states[3], crashes);
  free (copy);
  free (s.bytes);
  return 0;
}
