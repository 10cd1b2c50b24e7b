/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Allocations that fail, for programs linked with $(FAIL_MALLOC): the objects' own calls, not those of libc. */
#ifndef PCTAB_T_FAIL_MALLOC_H
#define PCTAB_T_FAIL_MALLOC_H

#include <stdbool.h>
#include <stddef.h>

void *__real_malloc (size_t len);
void *__real_calloc (size_t cnt, size_t len);
void *__real_realloc (void *p, size_t len);
void *__real_reallocarray (void *p, size_t cnt, size_t len);
void *__wrap_malloc (size_t len);
void *__wrap_calloc (size_t cnt, size_t len);
void *__wrap_realloc (void *p, size_t len);
void *__wrap_reallocarray (void *p, size_t cnt, size_t len);

static unsigned long fail_at; /* the number of the allocation that fails, from 1 on; 0: none */
static unsigned long fail_seen;

static bool
fails (void)
{
  return fail_at && ++fail_seen == fail_at;
}

void *
__wrap_malloc (size_t len)
{
  return fails () ? NULL : __real_malloc (len);
}

void *
__wrap_calloc (size_t cnt, size_t len)
{
  return fails () ? NULL : __real_calloc (cnt, len);
}

void *
__wrap_realloc (void *p, size_t len)
{
  return fails () ? NULL : __real_realloc (p, len);
}

void *
__wrap_reallocarray (void *p, size_t cnt, size_t len)
{
  return fails () ? NULL : __real_reallocarray (p, cnt, len);
}

#endif
