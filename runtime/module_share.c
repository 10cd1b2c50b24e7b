/* SPDX-License-Identifier: MIT */
/* Several copies of this library in one process, in a program and in a file it loads for example, share one state.
 * Each carries a note (type 1 of "pctab") that says where it keeps its pointer to the state; one that starts looks for
 * others' by dl_iterate_phdr(), in one callback of it, so that its lock lets only one copy look and make at a time.
 * The state lies in memory of its own and stays when the copy that made it is unloaded.
 *
 * A copy of another version, whose structures may differ, is left alone, as is one in another namespace (dlmopen()):
 * each has its own list then, and nothing is wrong but that code registered with one is unknown to the other. */
#include <string.h>

#include <pthread.h>

#include "memory.h"
#include "module.h"

#define VERSION 1
#define NOTE_TYPE 1

/* Here, so that whoever links an archive and uses any of it gets the constructor too. */
struct shared *pctab__shared;

/* The note: name, then a version and the offset from that field's end to the pointer. */
__asm__ (".pushsection .note.pctab, \"a\", %note\n"
         "\t.balign 4\n"
         "\t.4byte 6, 8, 1\n"
         "\t.asciz \"pctab\"\n"
         "\t.balign 4\n"
         "\t.4byte 1\n"
         "1:\t.4byte pctab__shared - 1b\n"
         "\t.popsection");

struct note {
  ElfW (Nhdr) head;
  char name[8];
  uint32_t version;
  int32_t off;
};

/* What has to be the same in all copies that share a state. */
static uint32_t
sizes (void)
{
  return (uint32_t) (sizeof (struct shared) ^ sizeof (struct record) << 8 ^ sizeof (struct list) << 20
                     ^ sizeof (struct pctab_module) << 12);
}

static struct shared *
find_in_notes (const unsigned char *notes, uint64_t len)
{
  struct note n;
  for (uint64_t at = 0; at + sizeof n <= len; at += 4)
    {
      memcpy (&n, notes + at, sizeof n);
      if (n.head.n_type != NOTE_TYPE || n.head.n_namesz != 6 || n.head.n_descsz != 8 || memcmp (n.name, "pctab", 6)
          || n.version != VERSION)
        continue;
      const unsigned char *from = notes + at + offsetof (struct note, off);
      struct shared *const *variable = (struct shared *const *) (const void *) (from + n.off);
      struct shared *s = __atomic_load_n (variable, __ATOMIC_ACQUIRE);
      if (s && s->version == VERSION && s->sizes == sizes ())
        return s;
    }
  return NULL;
}

static int
find_other (struct dl_phdr_info *info, size_t len, void *arg)
{
  struct shared **found = arg;
  (void) len;
  for (unsigned i = 0; i < info->dlpi_phnum && !*found; i++)
    {
      const ElfW (Phdr) *p = &info->dlpi_phdr[i];
      if (p->p_type == PT_NOTE)
        *found = find_in_notes ((const unsigned char *) (uintptr_t) (info->dlpi_addr + p->p_vaddr), p->p_memsz);
    }
  return *found != NULL;
}

static struct shared *
make (void)
{
  struct shared *s = pctab__memory_map (sizeof *s);
  if (!s)
    return NULL;
  s->version = VERSION;
  s->sizes = sizes ();
  s->pid = pctab__memory_pid ();
  s->fenced = !pctab__reader_register ();
  return s;
}

static int
find_or_make (struct dl_phdr_info *info, size_t len, void *arg)
{
  struct shared *s = NULL;
  (void) info, (void) len;
  dl_iterate_phdr (find_other, &s);
  *(bool *) arg = !s;
  if (!s)
    s = make ();
  if (s)
    __atomic_fetch_add (&s->copies, 1, __ATOMIC_SEQ_CST);
  __atomic_store_n (&pctab__shared, s, __ATOMIC_RELEASE);
  return 1;
}

/* fork(): no other writer in the middle of it, and no other thread's sections in the child.  Several copies do so: the
 * first one's lock holds for all. */

static bool fork_locked;

static void
fork_prepare (void)
{
  struct shared *s = pctab__shared;
  struct mask mask;
  fork_locked = pctab__writer_lock_within (s, &mask, 1000);
  if (!fork_locked)
    return;
  if (!mask.again)
    {
      s->fork_mask = mask;
      s->fork_tid = pctab__memory_tid ();
    }
  __atomic_store_n (&s->depth, s->depth + 1, __ATOMIC_RELAXED);
}

static void
fork_parent (void)
{
  struct shared *s = pctab__shared;
  if (!fork_locked)
    return;
  __atomic_store_n (&s->depth, s->depth - 1, __ATOMIC_RELAXED);
  if (!s->depth)
    {
      struct mask mask = s->fork_mask;
      pctab__writer_unlock (s, &mask);
    }
}

static void
fork_child (void)
{
  struct shared *s = pctab__shared;
  if (fork_locked && s->pid != pctab__memory_pid ())
    pctab__reader_forked (s, s->fork_tid);
  fork_parent ();
}

static __attribute__ ((constructor (101))) void
start (void)
{
  bool made = false;
  dl_iterate_phdr (find_or_make, &made);
  struct shared *s = pctab__shared;
  if (!s)
    return;
  pthread_atfork (fork_prepare, fork_parent, fork_child);
  if (made)
    pctab__module_scan (s, true);
}
