/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a name alone says. */
#include "policy_state.h"

#include <fnmatch.h>
#include <string.h>

#define GLOB_NAME_MAX 4096

static bool
is_one_of (struct model_str name, const char *const *list)
{
  for (; *list; list++)
    if (strlen (*list) == name.len && !memcmp (*list, name.p, name.len))
      return true;
  return false;
}

static bool
starts_with (struct model_str name, const char *prefix)
{
  size_t len = strlen (prefix);
  return name.len >= len && !memcmp (name.p, prefix, len);
}

/* NAME of NAME@VERSION. */
static struct model_str
without_version (struct model_str name)
{
  const char *at = memchr (name.p, '@', name.len);
  return (struct model_str){ name.p, at ? (uint32_t) (at - name.p) : name.len };
}

/* They return an address in this thread's storage; _ZTW are C++'s functions that do. */
bool
pctab__name_uses_thread (struct model_str name)
{
  static const char *const list[]
    = { "__tls_get_addr", "___tls_get_addr", "__tls_get_addr_opt", "__tls_get_offset", "_TLS_MODULE_BASE_",
        "__errno_location", "___errno_location", "__errno", "pthread_getspecific", "__pthread_getspecific", "tss_get",
        "__emutls_get_address", "__aeabi_read_tp", NULL };
  if (!name.len || (name.p[0] != '_' && name.p[0] != 'p' && name.p[0] != 't'))
    return false;
  return is_one_of (without_version (name), list) || starts_with (name, "_ZTW");
}

bool
pctab__name_forks (struct model_str name)
{
  static const char *const list[] = { "vfork", "__vfork", "clone", "__clone", "__clone2", "clone3", "__clone3", NULL };
  if (!name.len || (name.p[0] != '_' && name.p[0] != 'v' && name.p[0] != 'c'))
    return false;
  return is_one_of (without_version (name), list);
}

/* malloc, free, and operator new and operator new[] of any arguments. */
bool
pctab__name_allocates (struct model_str name)
{
  static const char *const list[] = { "malloc", "free", NULL };
  if (!name.len || (name.p[0] != '_' && name.p[0] != 'm' && name.p[0] != 'f'))
    return false;
  return is_one_of (without_version (name), list) || starts_with (name, "_Znw") || starts_with (name, "_Zna");
}

bool
pctab__name_is_ours (struct model_str name)
{
  return starts_with (name, "pctab_") || starts_with (name, "asyncPreempt");
}

static bool
matches_one_of (const char *name, const char *const *list)
{
  for (; *list; list++)
    if (!fnmatch (*list, name, 0))
      return true;
  return false;
}

bool
pctab__object_is_crt (const char *name)
{
  static const char *const list[] = { "crt[01in].o",    "*crt1.o",        "crtbegin*.o", "crtend*.o", "crtfastmath.o",
                                      "crtprec[0-9]*.o", "crtoffload*.o", "clang_rt.crt*.o", NULL };
  return strstr (name, "crt") && matches_one_of (name, list);
}

static const char *
last_part (const char *path)
{
  const char *slash = strrchr (path, '/');
  return slash ? slash + 1 : path;
}

/* With what was once, or is with other C libraries, in libc itself; libgcc's unwinder and atomics, and LLVM's in their
 * place, hold locks. */
bool
pctab__archive_is_libc (const char *path)
{
  static const char *const list[]
    = { "libc.a",          "libgcc.a",         "libgcc_eh.a",   "libc_nonshared.a",  "libpthread.a",
        "libpthread_nonshared.a", "librt.a",   "libdl.a",       "libutil.a",         "libanl.a",
        "libresolv.a",     "libxnet.a",        "libatomic.a",   "libssp.a",          "libssp_nonshared.a",
        "libgcov.a",       "libclang_rt.*.a",  "libunwind.a",   NULL };
  return matches_one_of (last_part (path), list);
}

bool
pctab__archive_is_ours (const char *path)
{
  return !fnmatch ("libpctab*.a", last_part (path), 0);
}

/* A pattern with '/' is for the whole of a path, another one for its last part. */
static bool
glob_path (const char *glob, const char *path)
{
  return !fnmatch (glob, strchr (glob, '/') ? path : last_part (path), 0);
}

/* A compiler's clones and parts of a function (f.part.0, f.cold) are that function: no name of C has a dot. */
static bool
glob_name (const char *glob, const char *name, const char *stem)
{
  return !fnmatch (glob, name, 0) || (*stem && !fnmatch (glob, stem, 0));
}

bool
pctab__policy_excludes (struct policy *p, struct model_str name)
{
  char whole[GLOB_NAME_MAX], stem[GLOB_NAME_MAX];
  bool found = false, copied = false;
  for (size_t i = 0; i < p->options->exclusion_cnt; i++)
    {
      const struct exclusion *e = &p->options->exclusions[i];
      if (e->what != EXCLUDE_SYMBOL)
        continue;
      if (!copied)
        {
          size_t len = name.len < sizeof whole ? name.len : sizeof whole - 1;
          memcpy (whole, name.p, len);
          whole[len] = stem[0] = 0;
          const char *dot = strchr (whole, '.');
          if (dot)
            {
              memcpy (stem, whole, (size_t) (dot - whole));
              stem[dot - whole] = 0;
            }
          copied = true;
        }
      bool matches = glob_name (e->glob, whole, stem);
      p->used[i] |= matches;
      found |= matches;
    }
  return found;
}

bool
pctab__policy_excludes_object (struct policy *p, const struct object *o)
{
  bool found = false;
  for (size_t i = 0; i < p->options->exclusion_cnt; i++)
    {
      const struct exclusion *e = &p->options->exclusions[i];
      bool matches = e->what == EXCLUDE_ARCHIVE  ? o->archive && glob_path (e->glob, o->archive->path)
                     : e->what == EXCLUDE_OBJECT ? glob_path (e->glob, strchr (e->glob, '/') ? o->path : o->name)
                                                 : false;
      p->used[i] |= matches;
      found |= matches;
    }
  return found;
}
