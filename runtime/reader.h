/* SPDX-License-Identifier: MIT */
/* Read sections and what waits for them; the process' state that all copies of this library share. */
#ifndef PCTAB_READER_H
#define PCTAB_READER_H

#include <pctab/pctab.h>

/* Memory that readers may be in: the first bytes of a mapping. */
struct block {
  struct block *next; /* retired before it */
  size_t len;         /* bytes of the mapping; 0: it is part of another one, and stays */
};

/* What the others see of a thread's read sections.  Only the thread itself writes nest and left, so plain stores do. */
struct slot {
  uint32_t key;  /* its number of KEY_TID bits, and above them how often the slot was taken; 0: free */
  uint32_t nest; /* sections it is in */
  uint32_t left; /* outermost sections that it has left */
  uint32_t seen; /* the writer's: `left` when it began to wait, and whether it waits */
  bool waits;
} __attribute__ ((aligned (64)));

#define SLOT_CNT 1024
#define KEY_TID 22 /* bits: the kernel's PID_MAX_LIMIT */
#define KEY_TID_MASK ((1u << KEY_TID) - 1)

/* What a writer gives back: the thread's signal mask, as the kernel has it. */
struct mask {
  uint64_t bits[2];
  bool again; /* it was the writer before: in the midst of fork() */
};

/* Shared by all copies of the library whose `version` and `sizes` are the same; never unmapped. */
struct shared {
  uint32_t version, sizes;
  uint32_t owner; /* thread number of the writer; 0: none */
  uint32_t copies; /* of the library, that ever shared this */
  uint32_t depth; /* fork(): copies whose handlers have run */
  uint32_t pid;
  uint32_t fork_tid;
  struct mask fork_mask;
  bool fenced;    /* no membarrier(): readers need fences */
  uint64_t generation;
  const struct pctab_modules *modules;
  struct block *retired, *waiting; /* since the writer began to wait; what it waits for */
  unsigned char *arena;            /* for what is never freed */
  size_t arena_left;
  uint32_t slot_cnt; /* slots ever used */
  uint32_t hand;     /* the slot whose thread is looked at next, whether it is dead */
  struct slot crowd; /* all threads that found no slot, together */
  struct slot slot[SLOT_CNT];
};

/* This copy's; NULL before its constructor has run. */
extern struct shared *pctab__shared __attribute__ ((visibility ("hidden")));

/* One writer at a time, with all signals blocked, so that it is soon done.  try: false if there is another one;
 * lock: waits for it; lock_within: at most so many milliseconds.  *MASK is for unlock. */
bool pctab__writer_try (struct shared *s, struct mask *mask);
bool pctab__writer_lock_within (struct shared *s, struct mask *mask, unsigned ms);
void pctab__writer_lock (struct shared *s, struct mask *mask);
void pctab__writer_unlock (struct shared *s, const struct mask *mask);

/* The writer's: B is freed when nobody can be in it any more; frees what is due. */
void pctab__block_retire (struct shared *s, struct block *b);
void pctab__block_reclaim (struct shared *s);

/* Whether membarrier() may be used. */
bool pctab__reader_register (void);

/* Whether the thread with that number is none of this process. */
bool pctab__thread_is_dead (const struct shared *s, uint32_t tid);

/* In a new process: forgets all threads but the one whose number was TID. */
void pctab__reader_forked (struct shared *s, uint32_t tid);

#endif
