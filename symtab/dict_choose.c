/* SPDX-License-Identifier: MIT */
/* Chooses a step dictionary: the single steps that save most, then pairs of codes by digram counts, most frequent first
 * (the idea of byte pair encoding).  Learned from a bounded sample of the streams, so that the time does not grow with
 * the module. */
#include <stdlib.h>
#include <string.h>

#include "step.h"

#define SAMPLE_CODES_MAX 20000 /* digrams are counted over this many codes */
#define PAIRS_MAX 88           /* of 255 codes; measured best between 60 and 100 on five programs */
#define SINGLE_BYTES 4         /* what an entry costs in the table */
#define PAIR_BYTES 6

struct tally {
  struct step step;
  uint32_t cnt;
};

/* An open hash of steps with their counts. */
struct tallies {
  struct tally *slots;
  size_t cap, cnt;
};

static size_t
step_slot (const struct tallies *t, struct step s)
{
  uint64_t h = ((uint64_t) s.adv << 32 | (uint32_t) s.dv) * UINT64_C (0x9e3779b97f4a7c15);
  return (size_t) (h >> 32) & (t->cap - 1);
}

static struct tally *
tally_find (const struct tallies *t, struct step s)
{
  size_t at = step_slot (t, s);
  while (t->slots[at].cnt && (t->slots[at].step.adv != s.adv || t->slots[at].step.dv != s.dv))
    at = (at + 1) & (t->cap - 1);
  return &t->slots[at];
}

static bool
tally_grow (struct tallies *t)
{
  struct tallies bigger = { NULL, t->cap ? t->cap * 2 : 4096, t->cnt };
  bigger.slots = calloc (bigger.cap, sizeof *bigger.slots);
  if (!bigger.slots)
    return false;
  for (size_t i = 0; i < t->cap; i++)
    if (t->slots[i].cnt)
      *tally_find (&bigger, t->slots[i].step) = t->slots[i];
  free (t->slots);
  *t = bigger;
  return true;
}

static bool
tally_all (struct tallies *t, const struct step_set *set)
{
  for (size_t i = 0; i < set->steps.cnt; i++)
    {
      if (t->cnt * 2 >= t->cap && !tally_grow (t))
        return false;
      struct tally *have = tally_find (t, set->steps.at[i]);
      if (!have->cnt++)
        {
          have->step = set->steps.at[i];
          t->cnt++;
        }
    }
  return true;
}

static unsigned
escape_bytes (struct step s)
{
  uint32_t v = ((uint32_t) s.dv << 1) ^ (uint32_t) (s.dv >> 31);
  unsigned len = 2;
  for (; v > 127; v >>= 7)
    len++;
  for (v = s.adv; v > 127; v >>= 7)
    len++;
  return len;
}

static bool
fits_code (struct step s)
{
  return s.adv <= CODE_ADV_MAX && s.dv >= INT16_MIN && s.dv <= INT16_MAX;
}

/* By bytes saved, most first; a total order, so that the choice is canonical. */
static int
compare_gain (const void *a, const void *b)
{
  const struct tally *x = a, *y = b;
  uint64_t gx = (uint64_t) x->cnt * escape_bytes (x->step), gy = (uint64_t) y->cnt * escape_bytes (y->step);
  if (gx != gy)
    return gx > gy ? -1 : 1;
  if (x->step.adv != y->step.adv)
    return x->step.adv < y->step.adv ? -1 : 1;
  return x->step.dv < y->step.dv ? -1 : x->step.dv > y->step.dv;
}

static void
add_singles (struct step_dict *dict, struct tallies *t)
{
  size_t cnt = 0;
  for (size_t i = 0; i < t->cap; i++)
    if (t->slots[i].cnt && fits_code (t->slots[i].step)
        && (uint64_t) t->slots[i].cnt * escape_bytes (t->slots[i].step) > SINGLE_BYTES)
      t->slots[cnt++] = t->slots[i];
  qsort (t->slots, cnt, sizeof *t->slots, compare_gain);
  for (size_t i = 0; i < cnt && i < CODE_MAX - CODE_FIRST + 1 - PAIRS_MAX; i++)
    {
      unsigned code = CODE_FIRST + dict->single_cnt++;
      dict->adv[code] = (uint16_t) t->slots[i].step.adv;
      dict->dv[code] = (int16_t) t->slots[i].step.dv;
    }
}

/* The codes of a sample of the streams: every NTH one, each with its END; escapes stand as CODE_ESCAPE. */
struct sample {
  uint8_t *codes;
  size_t cnt;
};

/* From a single step to its code, through a small hash of the dictionary. */
struct code_of {
  uint16_t slots[1024];
};

static size_t
code_slot (struct step s)
{
  return (size_t) (((s.adv * UINT32_C (0x9e3779b1)) ^ ((uint32_t) s.dv * UINT32_C (0x85ebca77))) >> 22);
}

static void
code_of_init (struct code_of *c, const struct step_dict *dict)
{
  memset (c, 0, sizeof *c);
  for (unsigned code = CODE_FIRST; code < CODE_FIRST + dict->single_cnt; code++)
    {
      size_t at = code_slot ((struct step){ dict->adv[code], dict->dv[code] });
      while (c->slots[at])
        at = (at + 1) & 1023;
      c->slots[at] = (uint16_t) code;
    }
}

static unsigned
code_of (const struct code_of *c, const struct step_dict *dict, struct step s)
{
  for (size_t at = code_slot (s); c->slots[at]; at = (at + 1) & 1023)
    if (dict->adv[c->slots[at]] == s.adv && dict->dv[c->slots[at]] == s.dv)
      return c->slots[at];
  return CODE_ESCAPE;
}

static bool
take_sample (struct sample *sample, const struct step_dict *dict, const struct step_set *set)
{
  size_t all = set->steps.cnt + set->ends.cnt, nth = all / SAMPLE_CODES_MAX + 1;
  struct code_of codes;
  code_of_init (&codes, dict);
  sample->cnt = 0;
  sample->codes = malloc (all + 1);
  if (!sample->codes)
    return false;
  for (size_t i = 0; i < set->ends.cnt; i += nth)
    {
      for (uint32_t s = i ? set->ends.at[i - 1] : 0; s < set->ends.at[i]; s++)
        sample->codes[sample->cnt++] = (uint8_t) code_of (&codes, dict, set->steps.at[s]);
      sample->codes[sample->cnt++] = CODE_END;
    }
  return true;
}

struct digrams {
  uint32_t cnt[256][256];
  uint32_t bound[256]; /* no pair that starts with the code has a higher count */
  uint8_t steps[256];  /* single steps in each code */
};

static bool
may_pair (const struct step_dict *dict, const struct digrams *g, unsigned a, unsigned b)
{
  if (a == CODE_ESCAPE || b == CODE_ESCAPE || dict->adv[a] == CODE_ADV_END || g->steps[a] + g->steps[b] > CODE_STEPS_MAX)
    return false;
  int dv = dict->dv[a] + dict->dv[b];
  return dv >= INT16_MIN && dv <= INT16_MAX && (dict->adv[b] == CODE_ADV_END || dict->adv[a] + dict->adv[b] <= CODE_ADV_MAX);
}

/* Makes the bound of code X exact; *B becomes the first code that reaches it. */
static void
tighten (const struct step_dict *dict, struct digrams *g, unsigned code_cnt, unsigned x, unsigned *b)
{
  g->bound[x] = 0;
  for (unsigned y = CODE_END; y < code_cnt; y++)
    if (g->cnt[x][y] > g->bound[x] && may_pair (dict, g, x, y))
      {
        g->bound[x] = g->cnt[x][y];
        *b = y;
      }
}

/* The most frequent pair worth its bytes; the smallest codes among equals.  Counts mostly fall from one call to the next,
 * so the old bounds tell which few codes have to be looked at again.  False: none. */
static bool
best_pair (const struct step_dict *dict, struct digrams *g, unsigned code_cnt, size_t nth, unsigned *a, unsigned *b)
{
  for (;;)
    {
      *a = CODE_END;
      for (unsigned x = CODE_END; x < code_cnt; x++)
        if (g->bound[x] > g->bound[*a])
          *a = x;
      uint32_t bound = g->bound[*a];
      tighten (dict, g, code_cnt, *a, b);
      if (g->bound[*a] == bound)
        return bound * nth > PAIR_BYTES;
    }
}

static void
count_digram (struct digrams *g, uint8_t a, uint8_t b)
{
  if (++g->cnt[a][b] > g->bound[a])
    g->bound[a] = g->cnt[a][b];
}

static void
merge_pair (struct sample *sample, struct digrams *g, uint8_t a, uint8_t b, uint8_t code)
{
  size_t out = 0;
  uint8_t *c = sample->codes;
  for (size_t i = 0; i < sample->cnt; i++)
    {
      if (c[i] != a || i + 1 == sample->cnt || c[i + 1] != b)
        {
          c[out++] = c[i];
          continue;
        }
      g->cnt[a][b]--;
      if (out)
        {
          g->cnt[c[out - 1]][a]--;
          count_digram (g, c[out - 1], code);
        }
      if (i + 2 < sample->cnt)
        {
          g->cnt[b][c[i + 2]]--;
          count_digram (g, code, c[i + 2]);
        }
      c[out++] = code;
      i++;
    }
  sample->cnt = out;
}

static void
add_pairs (struct step_dict *dict, struct sample *sample, struct digrams *g, size_t nth)
{
  memset (g->steps, 1, sizeof g->steps);
  for (size_t i = 1; i < sample->cnt; i++)
    count_digram (g, sample->codes[i - 1], sample->codes[i]);
  while (dict->pair_cnt < PAIRS_MAX)
    {
      unsigned code = CODE_FIRST + dict->single_cnt + dict->pair_cnt, a = 0, b = 0;
      if (!best_pair (dict, g, code, nth, &a, &b))
        break;
      dict->left[code] = (uint8_t) a;
      dict->right[code] = (uint8_t) b;
      dict->adv[code] = dict->adv[b] == CODE_ADV_END ? CODE_ADV_END : (uint16_t) (dict->adv[a] + dict->adv[b]);
      dict->dv[code] = (int16_t) (dict->dv[a] + dict->dv[b]);
      g->steps[code] = (uint8_t) (g->steps[a] + g->steps[b]);
      dict->pair_cnt++;
      merge_pair (sample, g, (uint8_t) a, (uint8_t) b, (uint8_t) code);
    }
}

bool
pctab__dict_choose (struct step_dict *dict, const struct step_set *set)
{
  memset (dict, 0, sizeof *dict);
  dict->adv[CODE_ESCAPE] = dict->adv[CODE_END] = CODE_ADV_END;
  struct tallies t = { 0 };
  bool good = tally_all (&t, set);
  if (good && t.cap)
    add_singles (dict, &t);
  free (t.slots);
  struct digrams *g = good ? calloc (1, sizeof *g) : NULL;
  struct sample sample = { 0 };
  good = g && take_sample (&sample, dict, set);
  if (good)
    add_pairs (dict, &sample, g, (set->steps.cnt + set->ends.cnt) / SAMPLE_CODES_MAX + 1);
  free (sample.codes);
  free (g);
  return good;
}
