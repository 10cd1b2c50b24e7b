/* SPDX-License-Identifier: MIT */
#include "cold_steps.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "radix.h"
#include "segment.h"

struct position {
  uint32_t node, file, line;
};

/* What all threads read. */
struct shared {
  const struct model *m;
  struct segments segments;
  uint32_t *sequence_order; /* sequences by rising offset */
  uint32_t *shallow;        /* of each node: itself, or its ancestor at the greatest depth that a table keeps */
};

/* What one thread needs to collect its part. */
struct collector {
  const struct shared *shared;
  const struct model *m;
  struct cold_part *part;
  const struct model_func *first; /* of the part */
  size_t lines;                   /* of the model, for each part */
  unsigned insn_shift;            /* bytes to instruction units */
  uint32_t *local;           /* of each node of the model: its number in the function at hand */
  uint32_t *stamp;           /* of each node: the last function that used it, plus 1 */
  MODEL_VEC (uint32_t) used; /* nodes of the function at hand */
  size_t segment, sequence;  /* first that can matter to the next function */
  bool failed;
  /* The function at hand */
  struct position recent[PCTAB_OP_RECENT_MAX]; /* the first is the current one */
  unsigned recent_cnt;
  uint32_t highest; /* node visited */
  uint32_t pc;      /* of the last step */
  bool zero;        /* the last step said line 0 */
  uint32_t chunk;   /* steps since the chunk's start */
};

static int
compare_u32 (const void *a, const void *b)
{
  uint32_t x = *(const uint32_t *) a, y = *(const uint32_t *) b;
  return x < y ? -1 : x > y;
}

/* Inline tree */

static bool
find_shallow (struct shared *sh)
{
  const struct model *m = sh->m;
  uint8_t *depth = malloc (m->nodes.cnt + 1);
  sh->shallow = malloc ((m->nodes.cnt + 1) * sizeof *sh->shallow);
  bool good = depth && sh->shallow;
  for (size_t i = 0; good && i < m->nodes.cnt; i++)
    {
      uint32_t parent = m->nodes.at[i].parent;
      bool deep = parent != MODEL_NONE && depth[parent] == PCTAB_DEPTH_MAX;
      depth[i] = parent == MODEL_NONE ? 0 : deep ? PCTAB_DEPTH_MAX : depth[parent] + 1;
      sh->shallow[i] = deep ? sh->shallow[parent] : (uint32_t) i;
    }
  free (depth);
  return good;
}

static bool
use_node (struct collector *k, uint32_t node, uint32_t stamp)
{
  for (; node != MODEL_NONE && k->stamp[node] != stamp; node = k->m->nodes.at[node].parent)
    {
      k->stamp[node] = stamp;
      k->local[node] = 0;
      if (k->m->nodes.at[node].parent == MODEL_NONE)
        continue;
      if (!model_reserve (&k->used, 1))
        return false;
      k->used.at[k->used.cnt++] = node;
    }
  return true;
}

static bool
put_node (struct collector *k, size_t i)
{
  const struct model_node *nodes = k->m->nodes.at, *n = &nodes[k->used.at[i]];
  uint32_t up = 0, at = i ? k->used.at[i - 1] : n->parent;
  while (at != n->parent && nodes[at].parent != MODEL_NONE)
    {
      at = nodes[at].parent;
      up++;
    }
  if (!model_reserve (&k->part->nodes, 1))
    return false;
  k->part->nodes.at[k->part->nodes.cnt++] = (struct cold_node){ up, n->origin, n->call_file, n->call_line };
  return true;
}

/* Numbers the inlined calls that have code in [off, end), in preorder; their ancestors too. */
static bool
collect_nodes (struct collector *k, const struct model_func *f, struct cold_func *out)
{
  uint32_t stamp = (uint32_t) (f - k->first) + 1;
  k->used.cnt = 0;
  for (size_t i = k->segment; i < k->shared->segments.list.cnt && k->shared->segments.list.at[i].off < f->end; i++)
    if (!use_node (k, k->shared->shallow[k->shared->segments.list.at[i].node], stamp))
      return false;
  if (k->used.cnt)
    qsort (k->used.at, k->used.cnt, sizeof *k->used.at, compare_u32);
  out->node = (uint32_t) k->part->nodes.cnt;
  out->node_cnt = (uint32_t) k->used.cnt;
  for (size_t i = 0; i < k->used.cnt; i++)
    {
      k->local[k->used.at[i]] = (uint32_t) i + 1;
      if (!put_node (k, i))
        return false;
    }
  return true;
}

/* Steps */

static const struct model_origin *
origin_of (const struct collector *k, uint32_t local)
{
  return &k->m->origins.at[k->m->nodes.at[k->used.at[local - 1]].origin];
}

/* Makes TO the first of the list and drops its node and file from where they were, else the last one if the list is
 * full.  Returns that place, and the line there in *LINE; recent_cnt as it was when there was none. */
static unsigned
move_to_front (struct collector *k, struct position to, uint32_t *line)
{
  struct position carry = to;
  for (unsigned r = 0; r < k->recent_cnt; r++)
    {
      struct position left = k->recent[r];
      k->recent[r] = carry;
      if (left.node == to.node && left.file == to.file)
        {
          *line = left.line;
          return r;
        }
      carry = left;
    }
  if (k->recent_cnt == PCTAB_OP_RECENT_MAX)
    return k->recent_cnt;
  k->recent[k->recent_cnt] = carry;
  return k->recent_cnt++;
}

static bool
put_goto (struct collector *k, struct position to)
{
  if (!model_reserve (&k->part->gotos, 1))
    return false;
  k->part->gotos.at[k->part->gotos.cnt++] = (struct cold_goto){ (int32_t) (to.node - k->highest), to.file };
  return true;
}

static bool
put_restart (struct collector *k)
{
  struct position at = k->recent[0];
  if (!model_reserve (&k->part->restarts, 1))
    return false;
  k->part->restarts.at[k->part->restarts.cnt++] = (struct cold_restart){ at.node, at.file, at.line, k->highest };
  k->recent_cnt = 1;
  k->chunk = 0;
  return true;
}

static bool
put_step (struct collector *k, uint32_t pc, struct position to)
{
  struct cold_step s = { .adv = (pc - k->pc) >> k->insn_shift };
  uint32_t line = 0;
  unsigned recent_cnt = k->recent_cnt, r;
  if (to.line == 0 && k->recent[0].node == to.node && k->recent[0].file == to.file)
    s.op = PCTAB_OP_ZERO;
  else if ((r = move_to_front (k, to, &line)) < recent_cnt)
    {
      s.op = (uint8_t) r;
      s.dline = (int32_t) (to.line - line);
    }
  else
    {
      const struct model_origin *o = to.node ? origin_of (k, to.node) : NULL;
      uint32_t skip = to.node - k->highest - 1;
      bool next = o && to.node > k->highest && skip < PCTAB_OP_ENTER_MAX && o->file == to.file;
      s.op = (uint8_t) (next ? PCTAB_OP_ENTER + skip : PCTAB_OP_GOTO);
      s.dline = (int32_t) (to.line - (o ? o->line : 0));
      if (!next && !put_goto (k, to))
        return false;
    }
  k->highest = to.node > k->highest ? to.node : k->highest;
  k->pc = pc;
  s.restart = ++k->chunk >= PCTAB_CHUNK_STEPS && s.op != PCTAB_OP_ZERO;
  if ((s.restart && !put_restart (k)) || !model_reserve (&k->part->steps, 1))
    return false;
  k->part->steps.at[k->part->steps.cnt++] = s;
  return true;
}

/* The file and line at PC, in the first sequence that has it; *NEXT becomes where they may change. */
static struct position
line_at (struct collector *k, size_t *sequence, uint32_t *row, uint32_t pc, uint32_t *next)
{
  const struct model *m = k->m;
  struct position at = { 0, MODEL_NONE, 0 };
  while (*sequence < m->sequences.cnt && m->sequences.at[k->shared->sequence_order[*sequence]].end <= pc)
    {
      ++*sequence;
      *row = 0;
    }
  if (*sequence == m->sequences.cnt)
    return at;
  const struct model_sequence *s = &m->sequences.at[k->shared->sequence_order[*sequence]];
  if (s->off > pc)
    {
      *next = s->off < *next ? s->off : *next;
      return at;
    }
  const struct model_line *lines = m->lines.at + s->line;
  while (*row + 1 < s->line_cnt && lines[*row + 1].off <= pc)
    ++*row;
  uint32_t until = *row + 1 < s->line_cnt ? lines[*row + 1].off : s->end;
  *next = until < *next ? until : *next;
  at.file = lines[*row].file;
  at.line = lines[*row].line;
  return at;
}

/* The first row of the sequence at or before PC, so that a function in the middle of a long sequence does not start at
 * the sequence's beginning. */
static uint32_t
first_row (const struct collector *k, size_t sequence, uint32_t pc)
{
  if (sequence == k->m->sequences.cnt)
    return 0;
  const struct model_sequence *s = &k->m->sequences.at[k->shared->sequence_order[sequence]];
  const struct model_line *lines = k->m->lines.at + s->line;
  uint32_t lo = 0, hi = s->line_cnt;
  while (lo < hi)
    {
      uint32_t mid = lo + (hi - lo) / 2;
      if (lines[mid].off <= pc)
        lo = mid + 1;
      else
        hi = mid;
    }
  return lo ? lo - 1 : 0;
}

static bool
collect_steps (struct collector *k, const struct model_func *f, struct cold_func *out)
{
  size_t segment = k->segment, sequence = k->sequence;
  uint32_t row = first_row (k, sequence, f->off);
  out->step = (uint32_t) k->part->steps.cnt;
  out->jump = (uint32_t) k->part->gotos.cnt;
  out->restart = (uint32_t) k->part->restarts.cnt;
  k->recent_cnt = 0;
  k->highest = 0;
  k->pc = f->off;
  k->chunk = 0;
  for (uint32_t pc = f->off, next; pc < f->end; pc = next)
    {
      next = f->end;
      struct position to = line_at (k, &sequence, &row, pc, &next);
      while (segment < k->shared->segments.list.cnt && k->shared->segments.list.at[segment].end <= pc)
        segment++;
      if (segment < k->shared->segments.list.cnt)
        {
          const struct segment *s = &k->shared->segments.list.at[segment];
          uint32_t until = s->off > pc ? s->off : s->end;
          to.node = s->off > pc ? 0 : k->local[k->shared->shallow[s->node]];
          next = until < next ? until : next;
        }
      if (pc == f->off)
        {
          out->file = to.file;
          out->line = to.line;
          k->recent[k->recent_cnt++] = (struct position){ 0, to.file, to.line };
          k->zero = false;
        }
      /* Not by memcmp(): its wide loads would wait for the narrow stores. */
      const struct position *now = &k->recent[0];
      uint32_t line = k->zero ? 0 : now->line;
      if (((now->node ^ to.node) | (now->file ^ to.file) | (line ^ to.line)) && !put_step (k, pc, to))
        return false;
      k->zero = to.line == 0 && k->recent[0].line;
    }
  out->step_cnt = (uint32_t) k->part->steps.cnt - out->step;
  return true;
}

static bool
order_sequences (struct shared *sh)
{
  const struct model *m = sh->m;
  uint64_t *keys = malloc ((m->sequences.cnt + 1) * sizeof *keys);
  sh->sequence_order = malloc ((m->sequences.cnt + 1) * sizeof *sh->sequence_order);
  bool good = keys && sh->sequence_order;
  for (size_t i = 0; good && i < m->sequences.cnt; i++)
    keys[i] = (uint64_t) m->sequences.at[i].off << 32 | i;
  good = good && pctab__radix_sort (keys, m->sequences.cnt);
  for (size_t i = 0; good && i < m->sequences.cnt; i++)
    sh->sequence_order[i] = (uint32_t) keys[i];
  free (keys);
  return good;
}

static bool
collect_part (struct collector *k)
{
  const struct model *m = k->m;
  k->local = malloc ((m->nodes.cnt + 1) * sizeof *k->local);
  k->stamp = calloc (m->nodes.cnt + 1, sizeof *k->stamp);
  /* Mostly there is a step a line: room is taken at once, since growing would touch it twice and more. */
  bool good = k->local && k->stamp && model_reserve (&k->part->steps, k->lines);
  for (size_t i = 0; good && i < k->part->func_cnt; i++)
    {
      const struct model_func *f = &k->first[i];
      const struct shared *sh = k->shared;
      while (k->segment < sh->segments.list.cnt && sh->segments.list.at[k->segment].end <= f->off)
        k->segment++;
      while (k->sequence < m->sequences.cnt && m->sequences.at[sh->sequence_order[k->sequence]].end <= f->off)
        k->sequence++;
      good = collect_nodes (k, f, &k->part->funcs[i]) && collect_steps (k, f, &k->part->funcs[i]);
    }
  free (k->local);
  free (k->stamp);
  free (k->used.at);
  return good;
}

static void *
collect_thread (void *arg)
{
  struct collector *k = arg;
  k->failed = !collect_part (k);
  return NULL;
}

/* Parts of about equal bytes of code. */
static void
divide (struct cold *c, const struct model *m, unsigned threads)
{
  size_t cnt = m->funcs.cnt, first = 0;
  uint32_t from = cnt ? m->funcs.at[0].off : 0, span = cnt ? m->funcs.at[cnt - 1].end - from : 0;
  c->part_cnt = threads < 1 || cnt < 64 ? 1 : threads > COLD_PARTS_MAX ? COLD_PARTS_MAX : threads;
  for (unsigned p = 0; p < c->part_cnt; p++)
    {
      size_t end = first;
      uint32_t limit = from + (uint32_t) ((uint64_t) span * (p + 1) / c->part_cnt);
      while (end < cnt && (p + 1 == c->part_cnt || m->funcs.at[end].off < limit))
        end++;
      c->parts[p].funcs = c->funcs + first;
      c->parts[p].func_cnt = end - first;
      first = end;
    }
}

static bool
collect_all (struct cold *c, const struct shared *sh, unsigned insn)
{
  struct collector k[COLD_PARTS_MAX];
  pthread_t threads[COLD_PARTS_MAX];
  bool started[COLD_PARTS_MAX] = { false }, good = true;
  for (unsigned p = 0; p < c->part_cnt; p++)
    k[p] = (struct collector){ .shared = sh, .m = sh->m, .part = &c->parts[p],
                               .first = sh->m->funcs.at + (c->parts[p].funcs - c->funcs),
                               .lines = sh->m->lines.cnt / c->part_cnt,
                               .insn_shift = (unsigned) __builtin_ctz (insn) };
  for (unsigned p = 1; p < c->part_cnt; p++)
    started[p] = !pthread_create (&threads[p], NULL, collect_thread, &k[p]);
  for (unsigned p = 0; p < c->part_cnt; p++)
    if (started[p])
      pthread_join (threads[p], NULL);
    else
      collect_thread (&k[p]);
  for (unsigned p = 0; p < c->part_cnt; p++)
    good &= !k[p].failed;
  return good;
}

bool
pctab__cold_collect (struct cold *c, const struct model *m, unsigned insn, unsigned threads)
{
  memset (c, 0, sizeof *c);
  struct shared sh = { .m = m };
  c->funcs = calloc (m->funcs.cnt + 1, sizeof *c->funcs);
  bool good = c->funcs && order_sequences (&sh) && find_shallow (&sh) && pctab__segments_make (&sh.segments, m);
  if (good)
    {
      divide (c, m, threads);
      good = collect_all (c, &sh, insn);
    }
  pctab__segments_free (&sh.segments);
  free (sh.sequence_order);
  free (sh.shallow);
  return good;
}

void
pctab__cold_free (struct cold *c)
{
  for (unsigned p = 0; p < c->part_cnt; p++)
    {
      free (c->parts[p].nodes.at);
      free (c->parts[p].steps.at);
      free (c->parts[p].gotos.at);
      free (c->parts[p].restarts.at);
    }
  free (c->funcs);
  memset (c, 0, sizeof *c);
}
