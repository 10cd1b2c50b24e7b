/* SPDX-License-Identifier: GPL-3.0-or-later */
/* In the place of libc's: what allocates, locks or prints.  Called in a handler that walks or decides it ends the
 * program, saying its name; else it is libc's. */
#include <dlfcn.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "storm.h"

void *__libc_malloc (size_t len);
void *__libc_calloc (size_t cnt, size_t len);
void *__libc_realloc (void *p, size_t len);
void *__libc_memalign (size_t align, size_t len);
void __libc_free (void *p);

static void
check (const char *name)
{
  static const char what[] = ": called in the handler\n";
  struct iovec parts[] = { { (void *) (uintptr_t) name, strlen (name) }, { (void *) (uintptr_t) what, sizeof what - 1 } };
  if (!storm_in_handler)
    return;
  (void) !writev (2, parts, 2);
  _exit (99);
}

void *
malloc (size_t len)
{
  check ("malloc");
  return __libc_malloc (len);
}

void *
calloc (size_t cnt, size_t len)
{
  check ("calloc");
  return __libc_calloc (cnt, len);
}

void *
realloc (void *p, size_t len)
{
  check ("realloc");
  return __libc_realloc (p, len);
}

void *
memalign (size_t align, size_t len)
{
  check ("memalign");
  return __libc_memalign (align, len);
}

void
free (void *p)
{
  check ("free");
  __libc_free (p);
}

/* Another name's function, found before there are handlers. */
#define WRAP(type, name, params, args)                      \
  static type (*next_##name) params;                        \
  static __attribute__ ((constructor)) void find_##name (void) \
  {                                                         \
    *(void **) &next_##name = dlsym (RTLD_NEXT, #name);     \
  }                                                         \
  type name params                                          \
  {                                                         \
    check (#name);                                          \
    if (!next_##name)                                       \
      find_##name ();                                       \
    return next_##name args;                                \
  }

WRAP (int, pthread_mutex_lock, (pthread_mutex_t *m), (m))
WRAP (int, pthread_mutex_trylock, (pthread_mutex_t *m), (m))
WRAP (int, pthread_mutex_unlock, (pthread_mutex_t *m), (m))
WRAP (int, pthread_rwlock_rdlock, (pthread_rwlock_t *l), (l))
WRAP (int, pthread_rwlock_wrlock, (pthread_rwlock_t *l), (l))
WRAP (int, pthread_once, (pthread_once_t *o, void (*f) (void)), (o, f))
WRAP (void *, dlopen, (const char *name, int mode), (name, mode))
WRAP (int, dlclose, (void *handle), (handle))
WRAP (int, vfprintf, (FILE *f, const char *text, va_list list), (f, text, list))
WRAP (size_t, fwrite, (const void *p, size_t len, size_t cnt, FILE *f), (p, len, cnt, f))
WRAP (int, fflush, (FILE *f), (f))
WRAP (FILE *, fopen, (const char *name, const char *mode), (name, mode))
WRAP (int, fclose, (FILE *f), (f))
WRAP (char *, fgets, (char *p, int len, FILE *f), (p, len, f))
struct dl_phdr_info;
WRAP (int, dl_iterate_phdr, (int (*f) (struct dl_phdr_info *, size_t, void *), void *arg), (f, arg))
