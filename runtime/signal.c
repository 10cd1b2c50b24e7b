/* SPDX-License-Identifier: MIT */
/* The one owner of signal actions: what the program asked for, what the kernel has, who is called when.
 *
 * What the program asks for is a record, never changed and never freed: the same request finds the same record again.
 * A handler must know which record the kernel had when it delivered, since mask and flags are that one's; it can't
 * learn that from the present state, which another thread may have changed meanwhile.  So the kernel's action is one of
 * ENTRY_CNT entry points, each for one record of its signal: the first records have an entry for themselves, later
 * ones share the last.  A handler reads its record by one load.  (An alternative was to block everything on entry and
 * set the mask by a system call, but the temporary mask of sigsuspend() and ppoll() is lost then.)
 *
 * Changes are made under a lock, with all signals blocked, so that no handler can meet the lock held by its own
 * thread.  A child of vfork() shares our memory, but not the kernel's actions: it is known by its pid and touches
 * nothing here. */
#include "signal_own.h"

#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ENTRY_CNT 16

struct record {
  struct sigaction program; /* as asked for */
  struct sigaction shown;   /* as the kernel would show it; under the lock */
  struct record *reset;     /* what SA_RESETHAND leaves; else NULL */
  struct record *older;     /* of the same signal; under the lock */
  unsigned entry;
};

static struct signal_state {
  struct record *_Atomic entry[ENTRY_CNT];
  struct pctab__signal_owner *_Atomic owners;
  struct record *_Atomic records; /* the rest under the lock */
  unsigned record_cnt, now;       /* now: index of the present entry */
} states[_NSIG];

static _Atomic uint32_t owned[4]; /* bits, by signal minus 1 */
static _Atomic pid_t process;
static atomic_int lock_word; /* 0: free, 1: taken, 2: taken and waited for */
static _Atomic pid_t changed_directly; /* a child whose actions were changed before fork_child() */

static void
lock (struct pctab__signal_mask *saved)
{
  pctab__signal_block (saved);
  int was = 0;
  if (atomic_compare_exchange_strong_explicit (&lock_word, &was, 1, memory_order_acquire, memory_order_relaxed))
    return;
  while (atomic_exchange_explicit (&lock_word, 2, memory_order_acquire))
    syscall (SYS_futex, &lock_word, FUTEX_WAIT_PRIVATE, 2, NULL, NULL, 0);
}

static void
unlock (const struct pctab__signal_mask *saved)
{
  if (atomic_exchange_explicit (&lock_word, 0, memory_order_release) == 2)
    syscall (SYS_futex, &lock_word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
  pctab__signal_mask (saved);
}

static bool
is_owned (int signo)
{
  unsigned bit = (unsigned) signo - 1;
  return bit < _NSIG - 1 && atomic_load (&owned[bit / 32]) >> bit % 32 & 1;
}

/* Not a child that shares our memory or has copied it in the midst of a change. */
static bool
is_this_process (void)
{
  return getpid () == atomic_load_explicit (&process, memory_order_relaxed);
}

static bool
is_handler (const struct sigaction *a)
{
  return a->sa_handler != SIG_DFL && a->sa_handler != SIG_IGN;
}

static unsigned
wants (const struct signal_state *s)
{
  unsigned all = 0;
  for (const struct pctab__signal_owner *o = atomic_load_explicit (&s->owners, memory_order_acquire); o;
       o = atomic_load_explicit (&o->next, memory_order_acquire))
    all |= o->wants;
  return all;
}

/* True: somebody has handled it. */
static bool
ask_owners (const struct signal_state *s, const struct pctab__signal *event)
{
  struct pctab__signal_owner *o = atomic_load_explicit (&s->owners, memory_order_acquire);
  for (; o; o = atomic_load_explicit (&o->next, memory_order_acquire))
    if (o->wants >> event->program & 1 && o->call (event, o->arg) == PCTAB__SIGNAL_HANDLED)
      return true;
  return false;
}

/* The first delivery of a handler with SA_RESETHAND takes it; later ones find the default. */
static const struct record *
take_once (int signo, struct record *_Atomic *entry, struct record *r)
{
  if (!is_this_process ())
    {
      struct sigaction def = { .sa_handler = SIG_DFL };
      pctab__signal_real (signo, &def, NULL);
      return r;
    }
  struct record *found = r;
  if (atomic_compare_exchange_strong (entry, &found, r->reset))
    return r;
  return found;
}

/* Every signal that somebody owns comes here. */
static void
deliver (unsigned entry, int signo, siginfo_t *info, void *ucontext)
{
  struct signal_state *s = &states[signo];
  struct record *now = atomic_load_explicit (&s->entry[entry], memory_order_acquire);
  const struct record *r = now->reset ? take_once (signo, &s->entry[entry], now) : now;
  struct pctab__signal event = { signo, info, ucontext, PCTAB__SIGNAL_DEFAULT };
  if (is_handler (&r->program))
    {
      /* A handler of one parameter doesn't see the others. */
      r->program.sa_sigaction (signo, info, ucontext);
      event.program = PCTAB__SIGNAL_RETURNED;
      if (!(wants (s) & PCTAB__SIGNAL_AT_RETURNED))
        return;
    }
  else if (r->program.sa_handler == SIG_IGN && !pctab__signal_repeats (info))
    event.program = PCTAB__SIGNAL_IGNORED;
  int saved_errno = errno;
  pctab__signal_block (NULL);
  if (!ask_owners (s, &event) && event.program == PCTAB__SIGNAL_DEFAULT)
    pctab__signal_default (signo, info, ucontext);
  errno = saved_errno;
}

#define ENTRIES                                                                                                        \
  ENTRY (0) ENTRY (1) ENTRY (2) ENTRY (3) ENTRY (4) ENTRY (5) ENTRY (6) ENTRY (7)                                      \
  ENTRY (8) ENTRY (9) ENTRY (10) ENTRY (11) ENTRY (12) ENTRY (13) ENTRY (14) ENTRY (15)
#define ENTRY(n)                                                                                                       \
  static void enter_##n (int signo, siginfo_t *info, void *ucontext)                                                   \
  {                                                                                                                    \
    deliver (n, signo, info, ucontext);                                                                                \
  }
ENTRIES
#undef ENTRY
static void (*const entries[ENTRY_CNT]) (int, siginfo_t *, void *) = {
#define ENTRY(n) enter_##n,
  ENTRIES
#undef ENTRY
};

/* ENTRY_CNT: it is none of ours. */
static unsigned
entry_of (const struct sigaction *a)
{
  unsigned i = 0;
  while (i < ENTRY_CNT && a->sa_sigaction != entries[i])
    i++;
  return i;
}

static bool
same_action (const struct sigaction *a, const struct sigaction *b)
{
  return a->sa_handler == b->sa_handler && a->sa_flags == b->sa_flags
         && !memcmp (&a->sa_mask, &b->sa_mask, PCTAB__SIGNAL_MASK_BYTES);
}

/* Two records, the second for what SA_RESETHAND leaves, from pages of their own: malloc() is nothing for sigaction(),
 * which may be called in a handler. */
static struct record *free_at;
static size_t free_cnt;

static struct record *
new_records (void)
{
  if (free_cnt < 2)
    {
      size_t len = 16 << 10;
      void *p = mmap (NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      if (p == MAP_FAILED)
        return NULL;
      free_at = p;
      free_cnt = len / sizeof *free_at;
    }
  free_at += 2;
  free_cnt -= 2;
  return free_at - 2;
}

/* The record of ACT, new if it was never asked for. */
static struct record *
record_of (struct signal_state *s, const struct sigaction *act)
{
  struct record *first = atomic_load_explicit (&s->records, memory_order_relaxed);
  for (struct record *r = first; r; r = r->older)
    if (same_action (&r->program, act))
      return r;
  struct record *r = new_records ();
  if (!r)
    return NULL;
  r->program = *act;
  r->entry = s->record_cnt < ENTRY_CNT ? s->record_cnt++ : ENTRY_CNT - 1;
  if (is_handler (act) && act->sa_flags & (int) SA_RESETHAND)
    {
      r->reset = r + 1;
      r[1].program = *act;
      r[1].program.sa_handler = SIG_DFL;
      r[1].entry = r->entry;
    }
  r->older = first;
  atomic_store_explicit (&s->records, r, memory_order_release);
  return r;
}

/* What the kernel gets for R. */
static struct sigaction
kernel_action (int signo, const struct signal_state *s, const struct record *r)
{
  struct sigaction k = r->program;
  bool handler = is_handler (&r->program);
  bool ignored = r->program.sa_handler == SIG_IGN;
  unsigned wanted = wants (s) & (ignored ? PCTAB__SIGNAL_AT_IGNORED : PCTAB__SIGNAL_AT_DEFAULT);
  if (!handler && !wanted)
    return k;
  k.sa_sigaction = entries[r->entry];
  k.sa_flags = (k.sa_flags & ~(int) SA_RESETHAND) | SA_SIGINFO;
  if (!handler)
    {
      memset (&k.sa_mask, 0xff, PCTAB__SIGNAL_MASK_BYTES);
      k.sa_flags = (k.sa_flags & ~SA_NODEFER) | SA_ONSTACK | SA_RESTART;
      if (signo == SIGCHLD && ignored)
        k.sa_flags |= SA_NOCLDWAIT;
    }
  return k;
}

/* ACT as the kernel would show it: the C library and the kernel add and drop flags, the same ones for GIVEN, which came
 * back as BACK. */
static void
show (struct sigaction *shown, const struct sigaction *act, const struct sigaction *given, const struct sigaction *back)
{
  *shown = *back;
  shown->sa_handler = act->sa_handler;
  shown->sa_flags = (act->sa_flags & ~(given->sa_flags & ~back->sa_flags)) | (back->sa_flags & ~given->sa_flags);
  memset (&shown->sa_mask, 0, sizeof shown->sa_mask);
  memcpy (&shown->sa_mask, &act->sa_mask, PCTAB__SIGNAL_MASK_BYTES);
  sigdelset (&shown->sa_mask, SIGKILL);
  sigdelset (&shown->sa_mask, SIGSTOP);
}

/* Makes R the present one, in its entry and in the kernel. */
static int
set_record (int signo, struct signal_state *s, struct record *r)
{
  struct sigaction given = kernel_action (signo, s, r), back;
  atomic_store_explicit (&s->entry[r->entry], r, memory_order_release);
  if (pctab__signal_real (signo, &given, NULL) || pctab__signal_real (signo, NULL, &back))
    return -1;
  show (&r->shown, &r->program, &given, &back);
  if (r->reset)
    {
      r->reset->shown = r->shown;
      r->reset->shown.sa_handler = SIG_DFL;
    }
  s->now = r->entry;
  return 0;
}

static int
change_locked (int signo, const struct sigaction *act, struct sigaction *old)
{
  struct signal_state *s = &states[signo];
  struct sigaction was = atomic_load_explicit (&s->entry[s->now], memory_order_acquire)->shown;
  if (act)
    {
      struct record *r = record_of (s, act);
      if (!r)
        return ENOMEM;
      if (set_record (signo, s, r))
        return errno;
    }
  if (old)
    *old = was;
  return 0;
}

/* In a child that isn't a process of its own to us: the kernel's actions are its own alone. */
static int
change_directly (int signo, const struct sigaction *act, struct sigaction *old)
{
  struct sigaction was;
  if (act)
    atomic_store_explicit (&changed_directly, getpid (), memory_order_relaxed);
  if (pctab__signal_real (signo, act, &was))
    return -1;
  if (entry_of (&was) < ENTRY_CNT)
    was = atomic_load_explicit (&states[signo].entry[states[signo].now], memory_order_acquire)->shown;
  if (old)
    *old = was;
  return 0;
}

static int
change_owned (int signo, const struct sigaction *act, struct sigaction *old)
{
  if (!is_this_process ())
    return change_directly (signo, act, old);
  struct sigaction wanted, was;
  if (act)
    wanted = *act;
  int saved_errno = errno;
  struct pctab__signal_mask saved;
  lock (&saved);
  int error = change_locked (signo, act ? &wanted : NULL, &was);
  unlock (&saved);
  if (!error && old)
    *old = was;
  errno = error ? error : saved_errno;
  return error ? -1 : 0;
}

int
pctab__signal_change (int signo, const struct sigaction *act, struct sigaction *old)
{
  if (is_owned (signo))
    return change_owned (signo, act, old);
  struct sigaction wanted;
  if (act)
    wanted = *act;
  int status = pctab__signal_real (signo, act ? &wanted : NULL, old);
  /* Somebody may have become the owner between the two. */
  if (!status && act && is_owned (signo))
    return change_owned (signo, &wanted, NULL);
  return status;
}

/* Makes what the kernel has the present record. */
static int
take_over (int signo, struct signal_state *s)
{
  struct sigaction was;
  if (pctab__signal_real (signo, NULL, &was))
    return errno;
  struct record *r = record_of (s, &was);
  if (!r)
    return ENOMEM;
  if (set_record (signo, s, r))
    return errno;
  r->shown = was;
  return 0;
}

/* In a new process another thread may have been in the midst of a change, and handlers of pthread_atfork() that came
 * before this one may have set actions. */
static void
mend_after_fork (int signo, struct signal_state *s)
{
  struct sigaction is;
  if (pctab__signal_real (signo, NULL, &is))
    return;
  unsigned entry = entry_of (&is);
  if (entry < ENTRY_CNT)
    set_record (signo, s, atomic_load (&s->entry[entry]));
  else if (is_handler (&is) || kernel_action (signo, s, atomic_load (&s->entry[s->now])).sa_handler != is.sa_handler)
    take_over (signo, s);
}

static void
fork_child (void)
{
  pid_t self = getpid ();
  bool mend = atomic_load (&changed_directly) == self;
  atomic_store_explicit (&process, self, memory_order_relaxed);
  if (atomic_exchange (&lock_word, 0))
    {
      free_cnt = 0;
      mend = true;
    }
  for (int signo = 1; mend && signo < _NSIG; signo++)
    if (is_owned (signo))
      mend_after_fork (signo, &states[signo]);
}

static void
insert_owner (struct signal_state *s, struct pctab__signal_owner *owner)
{
  struct pctab__signal_owner *_Atomic *at = &s->owners, *o;
  while ((o = atomic_load_explicit (at, memory_order_relaxed)) && o->order <= owner->order)
    at = &o->next;
  atomic_store_explicit (&owner->next, o, memory_order_relaxed);
  atomic_store_explicit (at, owner, memory_order_release);
}

static int
own_locked (int signo, struct pctab__signal_owner *owner)
{
  struct signal_state *s = &states[signo];
  static bool forks_seen;
  if (!forks_seen)
    {
      int error = pthread_atfork (NULL, NULL, fork_child);
      if (error)
        return error;
      forks_seen = true;
      atomic_store_explicit (&process, getpid (), memory_order_relaxed);
    }
  insert_owner (s, owner);
  unsigned bit = (unsigned) signo - 1;
  if (!is_owned (signo))
    {
      atomic_fetch_or (&owned[bit / 32], UINT32_C (1) << bit % 32);
      return take_over (signo, s);
    }
  /* Again, since who wants to be called has changed. */
  struct record *r = atomic_load_explicit (&s->entry[s->now], memory_order_relaxed);
  struct sigaction shown = r->shown;
  if (set_record (signo, s, r))
    return errno;
  r->shown = shown;
  return 0;
}

int
pctab__signal_own (int signo, struct pctab__signal_owner *owner)
{
  if (signo < 1 || signo >= _NSIG || signo == SIGKILL || signo == SIGSTOP || signo == SIGTSTP || signo == SIGTTIN
      || signo == SIGTTOU)
    return EINVAL;
  struct pctab__signal_mask saved;
  lock (&saved);
  int error = own_locked (signo, owner);
  unlock (&saved);
  return error;
}
