/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Damages a linked file, the objects and archives it was linked from, or the list of them, again and again from one
 * seed, and has the policy decide.  Whatever is accepted must leave a model as model.h says; whatever is refused must
 * come with a message.
 *
 * usage: fuzz_policy FILE COUNT SEED INPUT...; exits 1 at the first broken promise, naming the iteration. */
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "import.h"
#include "mutate.h"
#include "policy.h"

#define INPUTS_MAX 16
#define REASON_MAX 64

struct bytes {
  const char *path;
  unsigned char *at;
  size_t len;
};

struct target {
  struct bytes file, inputs[INPUTS_MAX];
  unsigned input_cnt;
};

/* A file of those bytes, at /proc/self/fd/N. */
static int
make_file (const void *data, size_t len, char path[64])
{
  int fd = memfd_create ("fuzz", 0);
  if (fd < 0 || write (fd, data, len) != (ssize_t) len)
    {
      perror ("memfd");
      exit (2);
    }
  snprintf (path, 64, "/proc/self/fd/%d", fd);
  return fd;
}

/* A copy, damaged where that has an effect: near the start, near the end, or anywhere; now and then cut short. */
static unsigned char *
damage (const struct bytes *b, size_t *len)
{
  *len = random_below (16) ? b->len : random_below (b->len + 1);
  unsigned char *data = malloc (*len + 1);
  if (!data)
    exit (2);
  memcpy (data, b->at, *len);
  for (uint64_t i = 1 + random_below (8); *len && i; i--)
    {
      size_t part = *len < 4096 ? *len : 4096;
      switch (random_below (4))
        {
        case 0: damage_bytes (data, part < 128 ? part : 128); break;
        case 1:
        case 2: damage_bytes (data + *len - part, part); break;
        default: damage_bytes (data, *len);
        }
    }
  return data;
}

static size_t
write_line (char *to, size_t size, const char *path, size_t len)
{
  switch (random_below (8))
    {
    case 0: return (size_t) snprintf (to, size, "%s\t%llu\t%llu\n", path, (unsigned long long) random_below (len + 1),
                                      (unsigned long long) random_below (len + 1));
    case 1: return (size_t) snprintf (to, size, "%s(a.o)\n", path);
    case 2: return (size_t) snprintf (to, size, "%s\t0\t%zu\n", path, len);
    case 3: return (size_t) snprintf (to, size, "%s\t68\t%zu\n", path, len > 68 ? len - 68 : 0);
    default: return (size_t) snprintf (to, size, "%s\n", path);
    }
}

static const char *
check (const struct model *m)
{
  const unsigned known = FRAME_SIGNAL | FRAME_TOP | FRAME_SPWRITE | FRAME_ASM | FRAME_NOPREEMPT | FRAME_PREEMPT
                         | FRAME_MARKED;
  for (size_t i = 0; i < m->frames.cnt; i++)
    {
      const struct model_frame *f = &m->frames.at[i];
      if (f->flags & ~known)
        return "a frame has a flag that there is none";
      if (f->flags & FRAME_NOPREEMPT ? !f->reason || f->reason > REASON_MAX : f->reason)
        return "flag and reason disagree";
    }
  for (size_t i = 0; i < m->marks.cnt; i++)
    if (m->marks.at[i].off >= m->marks.at[i].end || m->marks.at[i].value != -2)
      return "a mark is empty, or has another value";
  return NULL;
}

static const char *
decide (const unsigned char *data, size_t len, const struct options *o, bool *accepted)
{
  struct elf_file f;
  struct model m;
  struct diag d = { .file = "input" };
  char warnings[256];
  *accepted = false;
  if (!pctab__elf_over (&f, "input", data, len, &d))
    return d.failed ? NULL : "refused without a message";
  pctab__model_init (&m);
  bool good = pctab__import_module (&f, &m, &d) && pctab__import_cfi (&f, &m, &d) && pctab__import_symbol (&f, &m, &d)
              && pctab__import_dwarf (&f, &m, 1, &d);
  struct policy *p = good ? pctab__policy_read (&f, &m, o, &d) : NULL;
  *accepted = p && pctab__policy_apply (p, &m, warnings, sizeof warnings, &d);
  const char *broken = *accepted == d.failed ? "the result and the message disagree" : *accepted ? check (&m) : NULL;
  pctab__policy_free (p);
  pctab__model_free (&m);
  pctab__elf_close (&f);
  return broken;
}

static const char *
run_once (const struct target *t, bool *accepted)
{
  struct exclusion exclusions[] = { { EXCLUDE_SYMBOL, "*a*" }, { EXCLUDE_OBJECT, "x*.o" }, { EXCLUDE_ARCHIVE, "*" } };
  char path[64], list_path[64], list[4096];
  uint64_t which = random_below (4);
  const struct bytes *input = &t->inputs[random_below (t->input_cnt)];
  size_t file_len = t->file.len, input_len = input->len, list_len = 0;
  unsigned char *file = which ? NULL : damage (&t->file, &file_len);
  unsigned char *changed = which ? damage (input, &input_len) : NULL;
  int input_fd = make_file (changed ? changed : input->at, input_len, path);
  for (unsigned i = 0; i < t->input_cnt && list_len < sizeof list / 2; i++)
    {
      char *to = list + list_len;
      size_t room = sizeof list - list_len;
      list_len += &t->inputs[i] == input ? write_line (to, room, path, input_len)
                                         : (size_t) snprintf (to, room, "%s\n", t->inputs[i].path);
    }
  if (which == 1 && !random_below (4))
    damage_bytes ((unsigned char *) list, list_len);
  int list_fd = make_file (list, list_len, list_path);
  struct options o = { .inputs = list_path, .exclusions = exclusions, .exclusion_cnt = random_below (4),
                       .tls_allow = random_below (2), .preempt = random_below (2) ? PREEMPT_ALL : PREEMPT_MARKED };
  const char *broken = decide (file ? file : t->file.at, file_len, &o, accepted);
  close (input_fd);
  close (list_fd);
  free (file);
  free (changed);
  return broken;
}

int
main (int argc, char **argv)
{
  struct target t = { 0 };
  if (argc < 5 || argc > 4 + INPUTS_MAX)
    {
      fprintf (stderr, "usage: fuzz_policy FILE COUNT SEED INPUT...\n");
      return 2;
    }
  bool good = (t.file.at = read_file (argv[1], &t.file.len));
  for (int i = 4; good && i < argc; i++)
    {
      struct bytes *b = &t.inputs[t.input_cnt++];
      b->path = argv[i];
      good = (b->at = read_file (argv[i], &b->len));
    }
  random_state = strtoull (argv[3], NULL, 0);
  unsigned long cnt = good ? strtoul (argv[2], NULL, 0) : 0, accepted_cnt = 0;
  const char *broken = NULL;
  for (unsigned long i = 0; i < cnt && !broken; i++)
    {
      bool accepted;
      watch_time ();
      broken = run_once (&t, &accepted);
      accepted_cnt += accepted;
      if (broken)
        fprintf (stderr, "fuzz_policy: %s, iteration %lu: %s\n", argv[1], i, broken);
    }
  if (good)
    printf ("%lu mutations of %s and %u inputs: %lu accepted, %lu refused\n", cnt, argv[1], t.input_cnt, accepted_cnt,
            cnt - accepted_cnt);
  for (unsigned i = 0; i < t.input_cnt; i++)
    free (t.inputs[i].at);
  free (t.file.at);
  return good ? broken != NULL : 2;
}
