/* SPDX-License-Identifier: MIT */
#include "huffman.h"

#include <stdlib.h>
#include <string.h>

struct leaf {
  uint64_t weight;
  uint32_t symbol;
};

static int
compare_leaves (const void *a, const void *b)
{
  const struct leaf *x = a, *y = b;
  if (x->weight != y->weight)
    return x->weight < y->weight ? -1 : 1;
  return x->symbol < y->symbol ? -1 : x->symbol > y->symbol;
}

/* A tree over CNT leaves (weights rising, at tree[0 ..]): inner nodes come behind them and rise too, so the two
 * lightest nodes without a parent are always at the head of one of the two queues. */
struct tree_node {
  uint64_t weight;
  uint32_t parent;
};

static uint32_t
lightest (const struct tree_node *tree, uint32_t *leaf, uint32_t cnt, uint32_t *inner, uint32_t end)
{
  if (*leaf < cnt && (*inner == end || tree[*leaf].weight <= tree[*inner].weight))
    return (*leaf)++;
  return (*inner)++;
}

/* Sets depth[i] for each leaf. */
static void
leaf_depths (struct tree_node *tree, uint32_t cnt, uint32_t *depth)
{
  uint32_t leaf = 0, inner = cnt;
  for (uint32_t end = cnt; end < 2 * cnt - 1; end++)
    {
      uint32_t a = lightest (tree, &leaf, cnt, &inner, end), b = lightest (tree, &leaf, cnt, &inner, end);
      tree[end].weight = tree[a].weight + tree[b].weight;
      tree[a].parent = tree[b].parent = end;
    }
  depth[2 * cnt - 2] = cnt == 1;
  for (uint32_t i = 2 * cnt - 2; i-- > 0;)
    depth[i] = depth[tree[i].parent] + 1;
}

/* Lengths by symbol; weights are flattened until the longest code fits. */
static bool
choose_lengths (struct huffman *h, struct leaf *leaves)
{
  uint32_t cnt = h->symbol_cnt;
  struct tree_node *tree = malloc (2 * (size_t) cnt * sizeof *tree + 1);
  uint32_t *depth = malloc (2 * (size_t) cnt * sizeof *depth + 1);
  bool good = tree && depth;
  for (uint32_t deepest = cnt ? HUFFMAN_BITS_MAX + 1 : 0; good && deepest > HUFFMAN_BITS_MAX;)
    {
      qsort (leaves, cnt, sizeof *leaves, compare_leaves);
      for (uint32_t i = 0; i < cnt; i++)
        tree[i].weight = leaves[i].weight;
      leaf_depths (tree, cnt, depth);
      deepest = depth[0];
      for (uint32_t i = 0; i < cnt; i++)
        leaves[i].weight = leaves[i].weight / 2 + 1;
    }
  for (uint32_t i = 0; good && i < cnt; i++)
    {
      h->len[leaves[i].symbol] = (uint8_t) depth[i];
      h->len_cnt[depth[i]]++;
    }
  free (tree);
  free (depth);
  return good;
}

/* Codes by length, then by symbol.  USED: the symbols, rising; they come out in the order of their codes. */
static void
assign_codes (struct huffman *h, const uint16_t *used)
{
  uint32_t next[HUFFMAN_BITS_MAX + 2] = { 0 }, place[HUFFMAN_BITS_MAX + 2] = { 0 };
  for (unsigned len = 1; len <= HUFFMAN_BITS_MAX; len++)
    {
      next[len + 1] = (next[len] + h->len_cnt[len]) << 1;
      place[len + 1] = place[len] + h->len_cnt[len];
    }
  for (uint32_t i = 0; i < h->symbol_cnt; i++)
    {
      unsigned s = used[i], len = h->len[s];
      h->code[s] = (uint16_t) next[len]++;
      h->symbols[place[len]++] = (uint16_t) s;
    }
}

bool
pctab__huffman_make (struct huffman *h, const uint32_t *counts, uint32_t cnt)
{
  memset (h, 0, sizeof *h);
  for (uint32_t s = 0; s < cnt; s++)
    h->symbol_cnt += counts[s] != 0;
  struct leaf *leaves = malloc ((h->symbol_cnt + 1) * sizeof *leaves);
  uint16_t *used = malloc ((h->symbol_cnt + 1) * sizeof *used);
  h->len = calloc (cnt, sizeof *h->len);
  h->code = calloc (cnt, sizeof *h->code);
  h->symbols = malloc ((h->symbol_cnt + 1) * sizeof *h->symbols);
  bool good = leaves && used && h->len && h->code && h->symbols;
  for (uint32_t s = 0, i = 0; good && i < h->symbol_cnt; s++)
    if (counts[s])
      {
        leaves[i] = (struct leaf){ counts[s], s };
        used[i++] = (uint16_t) s;
      }
  good = good && choose_lengths (h, leaves);
  if (good)
    assign_codes (h, used);
  free (leaves);
  free (used);
  return good;
}

void
pctab__huffman_free (struct huffman *h)
{
  free (h->symbols);
  free (h->len);
  free (h->code);
  memset (h, 0, sizeof *h);
}

void
pctab__huffman_encode (const struct huffman *h, struct buf *out)
{
  for (unsigned len = 1; len <= HUFFMAN_BITS_MAX; len++)
    pctab__buf_u16 (out, h->len_cnt[len]);
  for (uint32_t i = 0; i < h->symbol_cnt; i++)
    pctab__buf_u16 (out, h->symbols[i]);
}
