/* SPDX-License-Identifier: MIT */
/* Streams to bytes with a chosen dictionary: single codes first, then the pairs in the dictionary's order, as they were
 * learned; a decoder needs no order. */
#include <stdlib.h>
#include <string.h>

#include "step.h"

/* Looks codes up by what they stand for. */
struct coder {
  const struct step_dict *dict;
  uint16_t single[1024];    /* hash of single steps: code or 0 */
  uint8_t pair[256][256];   /* [left][right]: code or 0 */
  uint8_t *codes;           /* one stream's codes: escapes keep their order, so their steps are the uncoded ones */
  size_t cap;
};

static size_t
single_slot (struct step s)
{
  return (size_t) (((s.adv * UINT32_C (0x9e3779b1)) ^ ((uint32_t) s.dv * UINT32_C (0x85ebca77))) >> 22);
}

static struct coder *
coder_new (const struct step_dict *dict)
{
  struct coder *c = calloc (1, sizeof *c);
  if (!c)
    return NULL;
  c->dict = dict;
  for (unsigned code = CODE_FIRST; code < CODE_FIRST + dict->single_cnt; code++)
    {
      size_t at = single_slot ((struct step){ dict->adv[code], dict->dv[code] });
      while (c->single[at])
        at = (at + 1) & 1023;
      c->single[at] = (uint16_t) code;
    }
  for (unsigned i = 0; i < dict->pair_cnt; i++)
    {
      unsigned code = CODE_FIRST + dict->single_cnt + i;
      c->pair[dict->left[code]][dict->right[code]] = (uint8_t) code;
    }
  return c;
}

static uint8_t
single_code (const struct coder *c, struct step s)
{
  for (size_t at = single_slot (s); c->single[at]; at = (at + 1) & 1023)
    if (c->dict->adv[c->single[at]] == s.adv && c->dict->dv[c->single[at]] == s.dv)
      return (uint8_t) c->single[at];
  return CODE_ESCAPE;
}

/* The pair learned first among those that stand side by side in the codes; 0: none. */
static uint8_t
first_pair (const struct coder *c, size_t cnt)
{
  uint8_t first = 0;
  for (size_t i = 1; i < cnt; i++)
    {
      uint8_t code = c->pair[c->codes[i - 1]][c->codes[i]];
      if (code && (!first || code < first))
        first = code;
    }
  return first;
}

static size_t
merge (struct coder *c, size_t cnt, uint8_t code)
{
  uint8_t a = c->dict->left[code], b = c->dict->right[code];
  size_t out = 0;
  for (size_t i = 0; i < cnt; i++)
    if (i + 1 < cnt && c->codes[i] == a && c->codes[i + 1] == b)
      {
        c->codes[out++] = code;
        i++;
      }
    else
      c->codes[out++] = c->codes[i];
  return out;
}

static size_t
stream_codes (struct coder *c, const struct step *steps, size_t cnt)
{
  for (size_t i = 0; i < cnt; i++)
    c->codes[i] = single_code (c, steps[i]);
  c->codes[cnt++] = CODE_END;
  for (uint8_t code; (code = first_pair (c, cnt)) != 0;)
    cnt = merge (c, cnt, code);
  return cnt;
}

/* The codes, each escape followed by the step it stands for. */
static void
put_stream (const struct coder *c, size_t cnt, const struct step *steps, struct buf *out)
{
  for (size_t i = 0; i < cnt; i++)
    {
      pctab__buf_u8 (out, c->codes[i]);
      if (c->codes[i] != CODE_ESCAPE)
        continue;
      while (single_code (c, *steps) != CODE_ESCAPE)
        steps++;
      pctab__buf_uvar (out, steps->adv);
      pctab__buf_svar (out, steps->dv);
      steps++;
    }
}

/* One byte up to 254, else 255 and the rest. */
static void
put_head (uint32_t head, struct buf *out)
{
  pctab__buf_u8 (out, head < 255 ? head : 255);
  if (head >= 255)
    pctab__buf_uvar (out, head - 255);
}

bool
pctab__streams_encode (const struct step_dict *dict, const struct step_set *set, const uint32_t *heads, struct buf *out,
                       uint32_t *offs)
{
  struct coder *c = coder_new (dict);
  bool good = c != NULL;
  for (size_t i = 0; good && i < set->ends.cnt; i++)
    {
      uint32_t first = i ? set->ends.at[i - 1] : 0, cnt = set->ends.at[i] - first;
      good = pctab__reserve ((void **) &c->codes, &c->cap, cnt + 1, 1);
      if (!good)
        break;
      offs[i] = (uint32_t) out->len;
      if (heads && heads[i] != MODEL_NONE)
        put_head (heads[i], out);
      put_stream (c, stream_codes (c, set->steps.at + first, cnt), set->steps.at + first, out);
    }
  if (c)
    free (c->codes);
  free (c);
  return good && !out->failed;
}

void
pctab__dict_encode (const struct step_dict *dict, struct buf *out)
{
  unsigned pairs = CODE_FIRST + dict->single_cnt;
  pctab__buf_u16 (out, dict->single_cnt);
  pctab__buf_u16 (out, dict->pair_cnt);
  for (unsigned i = 0; i < pairs + dict->pair_cnt; i++)
    {
      pctab__buf_u16 (out, dict->adv[i]);
      pctab__buf_u16 (out, (uint16_t) dict->dv[i]);
    }
  for (unsigned i = pairs; i < pairs + dict->pair_cnt; i++)
    {
      pctab__buf_u8 (out, dict->left[i]);
      pctab__buf_u8 (out, dict->right[i]);
    }
}

void
pctab__step_set_free (struct step_set *set)
{
  free (set->steps.at);
  free (set->ends.at);
  *set = (struct step_set){ 0 };
}
