/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A linker plugin that does nothing: what a plugin's mere presence costs in GNU ld, the baseline for pctab's own
 * cost. */
#include <stdint.h>
#define HAVE_STDINT_H 1
#include <plugin-api.h>

enum ld_plugin_status onload (struct ld_plugin_tv *tv);

static enum ld_plugin_status
claim_nothing (const struct ld_plugin_input_file *file, int *claimed)
{
  (void) file;
  *claimed = 0;
  return LDPS_OK;
}

enum ld_plugin_status
onload (struct ld_plugin_tv *tv)
{
  for (; tv->tv_tag != LDPT_NULL; tv++)
    if (tv->tv_tag == LDPT_REGISTER_CLAIM_FILE_HOOK)
      return tv->tv_u.tv_register_claim_file (claim_nothing);
  return LDPS_OK;
}
