/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The plugin of GNU ld: adds the placeholder to the link and, when ld has written the output, has pctab-link finish it.
 *
 * It links nothing but libc: a plugin's undefined bfd_* symbols would bind to ld's own libbfd, whose layouts a cross
 * linker does not share.  So the work is in a process of its own, as gcc's lto-plugin does it.  Nothing is said on
 * success: a linker that says something makes configure scripts change their minds. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef HAVE_STDINT_H
#define HAVE_STDINT_H 1
#endif
#include <plugin-api.h>

#include "options.h"
#include "placeholder.h"

#ifndef PCTAB_BINDIR
#define PCTAB_BINDIR "/usr/bin"
#endif

extern char **environ;

/* A file of ours, without a name where that can be. */
struct temp {
  int fd; /* -1: none */
  char name[PATH_MAX];
  bool named; /* has a name to remove */
};

struct plugin {
  ld_plugin_message message;
  ld_plugin_register_claim_file register_claim_file;
  ld_plugin_register_all_symbols_read register_all_symbols_read;
  ld_plugin_register_cleanup register_cleanup;
  ld_plugin_add_input_file add_input_file;
  const char *output;
  int output_kind; /* enum ld_plugin_output_file_type; -1: not told */
  bool gold;
  struct options options;
  struct like like;
  struct input_sizes sizes;
  char finisher[PATH_MAX];
  struct temp placeholder;
  struct temp list; /* of the inputs, for pctab-link */
  char *inputs;     /* what is written to it */
  size_t inputs_len, inputs_cap;
  bool inputs_failed; /* memory was out */
  bool added;
};

/* The API hands no user data to its hooks. */
static struct plugin *plugin;

/* An archive's member is named as the header before it does, if its name is a short one, else by its offset. */
static void
report_joined (const struct plugin *p, const struct ld_plugin_input_file *file, const char *section)
{
  char name[16], member[64] = "";
  if (file->offset >= 60 && pread (file->fd, name, sizeof name, file->offset - 60) == sizeof name)
    {
      const char *slash = memchr (name, '/', sizeof name);
      if (slash && slash > name)
        snprintf (member, sizeof member, "(%.*s)", (int) (slash - name), name);
      else
        snprintf (member, sizeof member, "(at %lld)", (long long) file->offset);
    }
  p->message (LDPL_FATAL, "pctab: %s%s: %s: " INPUT_JOINED, file->name, member, section);
}

/* Notes an input as objects_list.c reads it: PATH, offset and size, by tabs.  A path of several lines can't be noted:
 * what is known of no input is not preemptible where that matters. */
static void
note_input (struct plugin *p, const struct ld_plugin_input_file *file)
{
  size_t need = strlen (file->name) + 64;
  if (strchr (file->name, '\n'))
    return;
  if (p->inputs_cap - p->inputs_len < need)
    {
      size_t cap = 2 * p->inputs_cap + need;
      char *more = realloc (p->inputs, cap);
      p->inputs_failed |= !more;
      if (!more)
        return;
      p->inputs = more;
      p->inputs_cap = cap;
    }
  p->inputs_len += (size_t) sprintf (p->inputs + p->inputs_len, "%s\t%lld\t%lld\n", file->name,
                                     (long long) file->offset, (long long) file->filesize);
}

/* A thin archive's members come by paths of their own: whose they are, it has to be asked. */
static bool
is_thin_archive (const struct ld_plugin_input_file *file)
{
  char head[8];
  return !file->offset && file->filesize > 8 && pread (file->fd, head, sizeof head, 0) == sizeof head
         && !memcmp (head, "!<thin>\n", sizeof head);
}

static enum ld_plugin_status
claim_file (const struct ld_plugin_input_file *file, int *claimed)
{
  const char *joined;
  *claimed = 0;
  if (pctab__input_read (file->fd, file->offset, (uint64_t) file->filesize, &plugin->sizes, &plugin->like, &joined)
      || is_thin_archive (file))
    note_input (plugin, file);
  if (joined && plugin->output_kind != LDPO_REL)
    report_joined (plugin, file, joined);
  return LDPS_OK;
}

static bool
try_finisher (struct plugin *p, const char *dir, int dir_len, const char *rest)
{
  int len = snprintf (p->finisher, sizeof p->finisher, "%.*s%s", dir_len, dir, rest);
  struct stat st;
  return len > 0 && (size_t) len < sizeof p->finisher && !stat (p->finisher, &st) && S_ISREG (st.st_mode)
         && !access (p->finisher, X_OK);
}

/* Beside the plugin; one folder up (libtool's .libs in a build tree); from LIBDIR/pctab to BINDIR, for an installation
 * that was moved as a whole; else where it was installed. */
static bool
find_finisher (struct plugin *p)
{
  static const char *const places[]
    = { "/pctab-link", "/../pctab-link", "/../../bin/pctab-link", "/../../../bin/pctab-link" };
  if (p->options.link)
    return try_finisher (p, p->options.link, INT_MAX, "");
  Dl_info info;
  const char *slash = NULL;
  if (dladdr ((void *) &plugin, &info) && info.dli_fname)
    slash = strrchr (info.dli_fname, '/');
  for (size_t i = 0; slash && i < sizeof places / sizeof *places; i++)
    if (try_finisher (p, info.dli_fname, (int) (slash - info.dli_fname), places[i]))
      return true;
  return try_finisher (p, PCTAB_BINDIR, INT_MAX, "/pctab-link");
}

/* A file of no name where the kernel and /proc give one, else one in $TMPDIR.  INHERITED: pctab-link shall have it open
 * as well. */
static bool
open_temp (struct temp *t, bool inherited)
{
  t->fd = memfd_create ("pctab", inherited ? 0 : MFD_CLOEXEC);
  if (t->fd >= 0)
    {
      snprintf (t->name, sizeof t->name, "/proc/self/fd/%d", t->fd);
      if (!access (t->name, R_OK))
        return true;
      close (t->fd);
    }
  const char *dir = getenv ("TMPDIR");
  snprintf (t->name, sizeof t->name, "%.4000s/pctab-XXXXXX", dir && *dir ? dir : "/tmp");
  t->fd = mkostemp (t->name, O_CLOEXEC);
  return t->named = t->fd >= 0;
}

static void
close_temp (struct temp *t)
{
  if (t->fd >= 0)
    close (t->fd);
  if (t->named)
    unlink (t->name);
  t->fd = -1;
  t->named = false;
}

static enum ld_plugin_status
all_symbols_read (void)
{
  struct plugin *p = plugin;
  if (p->output_kind == LDPO_REL)
    return LDPS_OK;
  if (!find_finisher (p))
    {
      p->message (LDPL_FATAL, "pctab: %s can't be run (%s); give -plugin-opt=link=PATH", p->finisher, strerror (errno));
      return LDPS_ERR;
    }
  if (!p->like.known)
    pctab__like_host (&p->like);
  uint64_t reserve = p->options.reserve_set ? p->options.reserve : pctab__reserve_estimate (&p->sizes);
  if (!open_temp (&p->placeholder, false) || !pctab__placeholder_write (p->placeholder.fd, &p->like, reserve))
    {
      p->message (LDPL_FATAL, "pctab: can't write the placeholder object %s: %s", p->placeholder.name,
                  strerror (errno));
      return LDPS_ERR;
    }
  p->added = p->add_input_file (p->placeholder.name) == LDPS_OK;
  if (!p->added)
    p->message (LDPL_FATAL, "pctab: the linker does not take the placeholder object %s", p->placeholder.name);
  return p->added ? LDPS_OK : LDPS_ERR;
}

/* Whether ld has written a program or shared object to a regular file.  It writes the ELF header last: a failed link, a
 * device or a raw binary is none, and none of our business. */
static bool
output_is_program (const char *path)
{
  unsigned char head[20];
  struct stat st;
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0)
    return false;
  bool good = !fstat (fd, &st) && S_ISREG (st.st_mode) && pread (fd, head, sizeof head, 0) == sizeof head
              && !memcmp (head, ELFMAG, SELFMAG);
  close (fd);
  unsigned type = good ? (head[EI_DATA] == ELFDATA2MSB ? head[16] << 8 | head[17] : head[17] << 8 | head[16]) : 0;
  return type == ET_EXEC || type == ET_DYN;
}

struct finish {
  char text[4096]; /* what it wrote to standard error */
  size_t len;
  int status; /* as waitpid gives it; -1: could not be run, errno says why */
};

static void
read_text (int fd, struct finish *f)
{
  char spill[512];
  for (;;)
    {
      bool full = f->len == sizeof f->text - 1;
      ssize_t n = full ? read (fd, spill, sizeof spill) : read (fd, f->text + f->len, sizeof f->text - 1 - f->len);
      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        break;
      f->len += full ? 0 : (size_t) n;
    }
  f->text[f->len] = 0;
}

/* The program, the options that were given to the plugin, the list of inputs, the output: in one piece of memory. */
static char **
make_arguments (struct plugin *p)
{
  size_t cnt = p->options.handed_cnt, len = sizeof "--inputs=" + sizeof p->list.name;
  for (size_t i = 0; i < cnt; i++)
    len += strlen (p->options.handed[i]) + sizeof "--";
  char **argv = malloc ((cnt + 5) * sizeof *argv + len);
  if (!argv)
    return NULL;
  char *at = (char *) (argv + cnt + 5);
  argv[0] = p->finisher;
  for (size_t i = 0; i < cnt; i++)
    argv[1 + i] = at, at += sprintf (at, "--%s", p->options.handed[i]) + 1;
  if (p->list.fd >= 0)
    sprintf (argv[++cnt] = at, "--inputs=%s", p->list.name);
  argv[++cnt] = (char *) "--";
  argv[++cnt] = (char *) p->output;
  argv[++cnt] = NULL;
  return argv;
}

static int
spawn_finisher (struct plugin *p, int err_fd, pid_t *pid)
{
  posix_spawn_file_actions_t actions;
  int err = posix_spawn_file_actions_init (&actions);
  if (err)
    return err;
  char **argv = make_arguments (p);
  err = argv ? posix_spawn_file_actions_adddup2 (&actions, err_fd, STDERR_FILENO) : ENOMEM;
  if (!err)
    err = posix_spawn (pid, p->finisher, &actions, NULL, argv, environ);
  free (argv);
  posix_spawn_file_actions_destroy (&actions);
  return err;
}

static bool
write_list (struct plugin *p)
{
  if (p->inputs_failed)
    return errno = ENOMEM, false;
  if (!open_temp (&p->list, true))
    return false;
  for (size_t at = 0; at < p->inputs_len;)
    {
      ssize_t n = write (p->list.fd, p->inputs + at, p->inputs_len - at);
      if (n < 0 && errno != EINTR)
        return false;
      at += n > 0 ? (size_t) n : 0;
    }
  return true;
}

static void
run_finisher (struct plugin *p, struct finish *f)
{
  int fds[2];
  f->len = 0;
  f->status = -1;
  if (!write_list (p) || pipe2 (fds, O_CLOEXEC))
    return;
  /* With SIGCHLD ignored, as a parent may have left it, no exit status would come. */
  struct sigaction usual = { .sa_handler = SIG_DFL }, before;
  sigaction (SIGCHLD, &usual, &before);
  pid_t pid;
  int err = spawn_finisher (p, fds[1], &pid);
  close (fds[1]);
  if (!err)
    {
      read_text (fds[0], f);
      while (waitpid (pid, &f->status, 0) < 0)
        if (errno != EINTR)
          {
            err = errno;
            f->status = -1;
            break;
          }
    }
  close (fds[0]);
  sigaction (SIGCHLD, &before, NULL);
  errno = err;
}

static void
report (struct plugin *p, struct finish *f)
{
  while (f->len && f->text[f->len - 1] == '\n')
    f->text[--f->len] = 0;
  /* Left there, make would take an unfinished file for an up-to-date one. */
  if (output_is_program (p->output))
    unlink (p->output);
  if (f->status == -1)
    p->message (LDPL_FATAL, "pctab: can't run %s: %s; give -plugin-opt=link=PATH", p->finisher, strerror (errno));
  else if (WIFSIGNALED (f->status))
    p->message (LDPL_FATAL, "pctab: %s was killed by signal %d (%s); %s removed", p->finisher, WTERMSIG (f->status),
                strsignal (WTERMSIG (f->status)), p->output);
  else
    p->message (LDPL_FATAL, "%s", f->len ? f->text : "pctab: pctab-link failed without a message");
}

static enum ld_plugin_status
cleanup (void)
{
  struct plugin *p = plugin;
  close_temp (&p->placeholder);
  pctab__like_free (&p->like);
  if (!p->added)
    return LDPS_OK;
  p->added = false;
  if (!output_is_program (p->output))
    return LDPS_OK;
  struct finish f;
  run_finisher (p, &f);
  close_temp (&p->list);
  if (f.status)
    {
      report (p, &f);
      return LDPS_ERR;
    }
  for (size_t at = 0; at < f.len;)
    {
      ssize_t n = write (STDERR_FILENO, f.text + at, f.len - at);
      if (n <= 0)
        break;
      at += (size_t) n;
    }
  return LDPS_OK;
}

static bool
take_vector (struct plugin *p, const struct ld_plugin_tv *tv, struct diag *d)
{
  for (; tv->tv_tag != LDPT_NULL; tv++)
    switch (tv->tv_tag)
      {
      case LDPT_MESSAGE: p->message = tv->tv_u.tv_message; break;
      case LDPT_REGISTER_CLAIM_FILE_HOOK: p->register_claim_file = tv->tv_u.tv_register_claim_file; break;
      case LDPT_REGISTER_ALL_SYMBOLS_READ_HOOK:
        p->register_all_symbols_read = tv->tv_u.tv_register_all_symbols_read;
        break;
      case LDPT_REGISTER_CLEANUP_HOOK: p->register_cleanup = tv->tv_u.tv_register_cleanup; break;
      case LDPT_ADD_INPUT_FILE: p->add_input_file = tv->tv_u.tv_add_input_file; break;
      case LDPT_OUTPUT_NAME: p->output = tv->tv_u.tv_string; break;
      case LDPT_LINKER_OUTPUT: p->output_kind = tv->tv_u.tv_val; break;
      case LDPT_GOLD_VERSION: p->gold = true; break;
      case LDPT_OPTION: pctab__options_take (&p->options, tv->tv_u.tv_string, OPTION_PLUGIN, d); break;
      default: break; /* newer linkers tell more */
      }
  return !d->failed;
}

/* What the linker does not offer, or NULL. */
static const char *
missing_hook (const struct plugin *p)
{
  return !p->register_claim_file         ? "the claim-file hook"
         : !p->register_all_symbols_read ? "the all-symbols-read hook"
         : !p->register_cleanup          ? "the cleanup hook"
         : !p->add_input_file            ? "a way to add input files"
         : !p->output                    ? "the output's name"
                                         : NULL;
}

enum ld_plugin_status onload (struct ld_plugin_tv *tv) __attribute__ ((visibility ("default")));

enum ld_plugin_status
onload (struct ld_plugin_tv *tv)
{
  static struct plugin the_plugin = { .output_kind = -1, .placeholder.fd = -1, .list.fd = -1 };
  struct plugin *p = plugin = &the_plugin;
  struct diag d = { .file = "pctab" };
  bool options_good = take_vector (p, tv, &d);
  if (!p->message)
    return LDPS_ERR;
  const char *missing = missing_hook (p);
  if (p->gold)
    p->message (LDPL_FATAL, "pctab: gold can't place a table: link with GNU ld (-fuse-ld=bfd) or ld.lld");
  else if (missing)
    p->message (LDPL_FATAL, "pctab: this linker does not offer %s: link with GNU ld 2.35 or later", missing);
  else if (!options_good)
    p->message (LDPL_FATAL, "%s", d.text);
  else if (p->register_claim_file (claim_file) != LDPS_OK
           || p->register_all_symbols_read (all_symbols_read) != LDPS_OK || p->register_cleanup (cleanup) != LDPS_OK)
    p->message (LDPL_FATAL, "pctab: this linker refuses a hook: link with GNU ld 2.35 or later");
  else
    return LDPS_OK;
  return LDPS_ERR;
}
