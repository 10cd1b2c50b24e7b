/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A linker host without a linker: loads a plugin, hands it any transfer vector, refuses what it is told to refuse, and
 * prints what the plugin does, a line each.
 *   fake_linker PLUGIN [WORD...]
 * The vector, before the plugin starts, in any number and order:
 *   option=TEXT  output=PATH  kind=rel|exec|pie|dyn  gold  tag=NUMBER (one that the plugin can't know)
 *   no-message no-claim no-symbols no-cleanup no-add no-output no-kind   leave this entry out
 *   refuse-claim refuse-symbols refuse-cleanup refuse-add                 answer LDPS_ERR
 * Then, in this order:
 *   claim=PATH[@OFFSET]  all-symbols-read  save=PATH (of the added object)  cleanup */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HAVE_STDINT_H 1
#include <plugin-api.h>

#define VECTOR_MAX 64

static ld_plugin_claim_file_handler claim_file;
static ld_plugin_all_symbols_read_handler all_symbols_read;
static ld_plugin_cleanup_handler cleanup;
static bool refuse_claim, refuse_symbols, refuse_cleanup, refuse_add;
static char added[4096];
static bool fatal;

static enum ld_plugin_status
message (int level, const char *format, ...)
{
  static const char *const names[] = { "info", "warning", "error", "fatal" };
  va_list args;
  va_start (args, format);
  printf ("%s: ", level >= 0 && level < 4 ? names[level] : "unknown level");
  vprintf (format, args);
  printf ("\n");
  va_end (args);
  fatal |= level == LDPL_FATAL;
  return LDPS_OK;
}

static enum ld_plugin_status
register_claim_file (ld_plugin_claim_file_handler handler)
{
  claim_file = handler;
  return refuse_claim ? LDPS_ERR : LDPS_OK;
}

static enum ld_plugin_status
register_all_symbols_read (ld_plugin_all_symbols_read_handler handler)
{
  all_symbols_read = handler;
  return refuse_symbols ? LDPS_ERR : LDPS_OK;
}

static enum ld_plugin_status
register_cleanup (ld_plugin_cleanup_handler handler)
{
  cleanup = handler;
  return refuse_cleanup ? LDPS_ERR : LDPS_OK;
}

static enum ld_plugin_status
add_input_file (const char *path)
{
  printf ("added: %s\n", strncmp (path, "/proc/self/fd/", 14) ? path : "/proc/self/fd/N");
  snprintf (added, sizeof added, "%s", path);
  return refuse_add ? LDPS_ERR : LDPS_OK;
}

static void
save (const char *path)
{
  int from = open (added, O_RDONLY), to = open (path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
  char buf[65536];
  for (ssize_t n; from >= 0 && to >= 0 && (n = read (from, buf, sizeof buf)) > 0;)
    if (write (to, buf, (size_t) n) != n)
      break;
  printf ("saved: %s\n", from >= 0 && to >= 0 ? "yes" : "no");
}

static void
claim (char *path)
{
  char *at = strchr (path, '@');
  struct ld_plugin_input_file file = { .name = path };
  if (at)
    {
      *at = 0;
      file.offset = atol (at + 1);
    }
  file.fd = open (path, O_RDONLY);
  struct stat st = { 0 };
  fstat (file.fd, &st);
  file.filesize = st.st_size - file.offset;
  int claimed = 7;
  enum ld_plugin_status status = claim_file (&file, &claimed);
  printf ("claim: status %d, claimed %d, fd %s\n", status, claimed, fcntl (file.fd, F_GETFD) < 0 ? "closed" : "open");
  close (file.fd);
}

static int
kind_of (const char *word)
{
  return !strcmp (word, "rel")    ? LDPO_REL
         : !strcmp (word, "exec") ? LDPO_EXEC
         : !strcmp (word, "pie")  ? LDPO_PIE
                                  : LDPO_DYN;
}

/* Whether WORD is for the vector. */
static bool
add_word (char *word, struct ld_plugin_tv *tv, int *cnt)
{
  struct ld_plugin_tv *v = &tv[*cnt];
  if (!strncmp (word, "option=", 7))
    *v = (struct ld_plugin_tv){ LDPT_OPTION, { .tv_string = word + 7 } };
  else if (!strcmp (word, "gold"))
    *v = (struct ld_plugin_tv){ LDPT_GOLD_VERSION, { .tv_val = 101 } };
  else if (!strncmp (word, "tag=", 4))
    *v = (struct ld_plugin_tv){ (enum ld_plugin_tag) atoi (word + 4), { .tv_val = 0 } };
  else
    return false;
  ++*cnt;
  return true;
}

static bool
has (int argc, char **argv, const char *word)
{
  for (int i = 2; i < argc; i++)
    if (!strcmp (argv[i], word))
      return true;
  return false;
}

static char *
value_of (int argc, char **argv, const char *name, const char *otherwise)
{
  for (int i = 2; i < argc; i++)
    if (!strncmp (argv[i], name, strlen (name)))
      return argv[i] + strlen (name);
  return (char *) otherwise;
}

static void
fill_vector (int argc, char **argv, struct ld_plugin_tv *tv)
{
  int cnt = 0;
  for (int i = 2; i < argc && cnt < VECTOR_MAX - 10; i++)
    add_word (argv[i], tv, &cnt);
  if (!has (argc, argv, "no-message"))
    tv[cnt++] = (struct ld_plugin_tv){ LDPT_MESSAGE, { .tv_message = message } };
  if (!has (argc, argv, "no-claim"))
    tv[cnt++] = (struct ld_plugin_tv){ LDPT_REGISTER_CLAIM_FILE_HOOK,
                                       { .tv_register_claim_file = register_claim_file } };
  if (!has (argc, argv, "no-symbols"))
    tv[cnt++] = (struct ld_plugin_tv){ LDPT_REGISTER_ALL_SYMBOLS_READ_HOOK,
                                       { .tv_register_all_symbols_read = register_all_symbols_read } };
  if (!has (argc, argv, "no-cleanup"))
    tv[cnt++] = (struct ld_plugin_tv){ LDPT_REGISTER_CLEANUP_HOOK, { .tv_register_cleanup = register_cleanup } };
  if (!has (argc, argv, "no-add"))
    tv[cnt++] = (struct ld_plugin_tv){ LDPT_ADD_INPUT_FILE, { .tv_add_input_file = add_input_file } };
  if (!has (argc, argv, "no-output"))
    tv[cnt++] = (struct ld_plugin_tv){ LDPT_OUTPUT_NAME,
                                       { .tv_string = value_of (argc, argv, "output=", "/nonexistent") } };
  if (!has (argc, argv, "no-kind"))
    tv[cnt++] = (struct ld_plugin_tv){ LDPT_LINKER_OUTPUT,
                                       { .tv_val = kind_of (value_of (argc, argv, "kind=", "pie")) } };
  tv[cnt] = (struct ld_plugin_tv){ LDPT_NULL, { .tv_val = 0 } };
}

int
main (int argc, char **argv)
{
  static struct ld_plugin_tv tv[VECTOR_MAX];
  setvbuf (stdout, NULL, _IONBF, 0);
  refuse_claim = has (argc, argv, "refuse-claim");
  refuse_symbols = has (argc, argv, "refuse-symbols");
  refuse_cleanup = has (argc, argv, "refuse-cleanup");
  refuse_add = has (argc, argv, "refuse-add");
  void *plugin = argc > 1 ? dlopen (argv[1], RTLD_NOW) : NULL;
  ld_plugin_onload onload = plugin ? (ld_plugin_onload) (uintptr_t) dlsym (plugin, "onload") : NULL;
  if (!onload)
    {
      printf ("can't load: %s\n", dlerror ());
      return 2;
    }
  fill_vector (argc, argv, tv);
  enum ld_plugin_status status = onload (tv);
  printf ("onload: %s\n", status == LDPS_OK ? "ok" : "error");
  if (status != LDPS_OK)
    return 1;
  for (int i = 2; i < argc; i++)
    if (!strncmp (argv[i], "claim=", 6))
      claim (argv[i] + 6);
    else if (!strcmp (argv[i], "all-symbols-read"))
      printf ("all-symbols-read: %s\n", all_symbols_read () == LDPS_OK ? "ok" : "error");
    else if (!strncmp (argv[i], "save=", 5))
      save (argv[i] + 5);
    else if (!strcmp (argv[i], "cleanup"))
      printf ("cleanup: %s\n", cleanup () == LDPS_OK ? "ok" : "error");
  return fatal;
}
