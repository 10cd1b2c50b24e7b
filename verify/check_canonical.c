/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FORMAT, 10: the same content has one encoding.  What the second reader decoded becomes a model again, the project's
 * one encoder makes a table of it, and both are compared byte by byte.
 *
 * That catches what no other rule looks at: a list stored twice, a value that is not among the commonest, a far list
 * that could be near, a step that could be shorter, a string that nobody uses.  What the model does not say, it gets so
 * that nothing depends on it: a symbol for each name, one sequence of lines a function, rules in the table's order
 * (which decides among equal counts).  This is the one file of verify/ that uses symtab/. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "image_encode.h"
#include "model.h"
#include "reader.h"
#include "target.h"

#define STT_FUNCTION 2
#define STB_ANYWHERE 1 /* STB_GLOBAL */
#define PAGE 65536u

/* Adds to a vector of the model. */
#define PUT(v, ...) (model_reserve (v, 1) && ((v)->at[(v)->cnt++] = (__VA_ARGS__), true))

static struct model_str
string (const struct decoded *d, uint32_t i)
{
  return (struct model_str) { d->strings[i].p, d->strings[i].len };
}

static uint32_t
file_index (uint32_t file)
{
  return file ? file - 1 : MODEL_NONE;
}

/* Where the text of range R may have begun: in its first page, and not behind its first function. */
static uint32_t
text_start (const struct decoded *d, const struct dec_range *r)
{
  uint32_t first = r->off + PAGE - 1 < r->end ? r->off + PAGE - 1 : r->end - 1;
  for (uint32_t i = r->entry; i + 1 < r->entry + r->entry_cnt; i++)
    if (d->entries[i].func != NONE)
      return d->entries[i].off < first ? d->entries[i].off : first;
  return first;
}

/* Ranges that touch were one text, divided where lists got too far. */
static bool
put_texts (const struct decoded *d, struct model *m)
{
  for (uint32_t i = 0; i < d->range_cnt; i++)
    {
      const struct dec_range *r = &d->ranges[i];
      if (i && r[-1].end == r->off)
        m->texts.at[m->texts.cnt - 1].end = r->end;
      else if (!PUT (&m->texts, (struct model_text) { i ? text_start (d, r) : 0, r->end, false }))
        return false;
    }
  return true;
}

/* Each value as a rule; rule_of[v] is its number. */
static bool
put_rules (const struct decoded *d, struct model *m, uint32_t *rule_of)
{
  for (uint32_t s = 0; s < d->shape_cnt; s++)
    for (uint32_t v = 0; v < d->value_cnt; v++)
      {
        const struct dec_shape *x = &d->shapes[s];
        if (d->values[v].shape != s)
          continue;
        struct rule rule = { .cfa = x->cfa, .ra = x->ra, .fp = x->fp, .cfa_reg = x->cfa_reg, .ra_reg = x->ra_reg,
                             .fp_reg = x->fp_reg, .cfa_idx = x->index_reg, .cfa_scale = x->scale,
                             .cfa_off = (int32_t) d->values[v].cfa_off, .cfa_add = x->add, .ra_off = x->ra_off,
                             .fp_off = x->fp_off };
        rule_of[v] = pctab__model_rule (m, &rule);
        if (rule_of[v] == MODEL_NONE)
          return false;
      }
  return true;
}

static bool
put_frames (const struct decoded *d, struct model *m, const uint32_t *rule_of)
{
  for (uint32_t i = 0; i < d->func_cnt; i++)
    {
      const struct dec_func *f = &d->funcs[i];
      unsigned flags = (f->flags & FUNC_SIGNAL ? FRAME_SIGNAL : 0) | (f->flags & FUNC_OUTERMOST ? FRAME_TOP : 0)
                       | (f->flags & FUNC_NOT_PREEMPTIBLE ? FRAME_NOPREEMPT : 0)
                       | (f->flags & FUNC_WRITES_SP ? FRAME_SPWRITE : 0) | (f->flags & FUNC_ASSEMBLY ? FRAME_ASM : 0);
      if (!PUT (&m->frames, (struct model_frame) { f->off, f->end, (uint32_t) m->rows.cnt, f->row_cnt, (uint16_t) flags,
                                                   f->reason }))
        return false;
      for (uint32_t r = f->row; r < f->row + f->row_cnt; r++)
        if (!PUT (&m->rows, (struct model_row) { d->rows[r].off, rule_of[d->rows[r].value] }))
          return false;
    }
  return true;
}

static bool
put_tables (const struct decoded *d, struct model *m)
{
  for (uint32_t t = 0; t < d->table_cnt; t++)
    {
      const struct dec_table *table = &d->tables[t];
      uint32_t first = (uint32_t) m->stretches.cnt;
      for (uint32_t i = table->piece; i < table->piece + table->piece_cnt; i++)
        for (uint32_t r = 0; r < d->pieces[i].row_cnt; r++)
          {
            const struct dec_pcrow *row = &d->pcrows[d->pieces[i].row + r];
            uint32_t end = r + 1 < d->pieces[i].row_cnt ? row[1].off : d->funcs[d->pieces[i].func].end;
            if (row->value != -1 && !PUT (&m->stretches, (struct model_stretch) { row->off, end, row->value }))
              return false;
          }
      if (!PUT (&m->tables, (struct model_table) { table->number, first, (uint32_t) m->stretches.cnt - first,
                                                   string (d, table->name) }))
        return false;
    }
  return true;
}

static bool
put_names (const struct decoded *d, struct model *m)
{
  for (uint32_t i = 0; i < d->record_cnt; i++)
    {
      const struct dec_record *r = &d->records[i];
      if (r->name != NONE
          && !PUT (&m->symbols,
                   (struct model_symbol){ r->off, r->end - r->off, string (d, r->name), STB_ANYWHERE, STT_FUNCTION }))
        return false;
    }
  for (uint32_t i = 0; i < d->file_cnt; i++)
    if (!PUT (&m->files, string (d, d->name_cnt + d->origin_cnt + i)))
      return false;
  for (uint32_t i = 0; i < d->origin_cnt; i++)
    if (!PUT (&m->origins, (struct model_origin) { string (d, d->name_cnt + i), file_index (d->origins[i].file),
                                                   d->origins[i].line }))
      return false;
  /* Of the roots of trees: it has no code and no name, and so is not stored. */
  return PUT (&m->origins, (struct model_origin) { { "", 0 }, MODEL_NONE, 0 });
}

/* The lines and calls of one function: one sequence, and a range for each position that is in a call. */
static bool
put_positions (struct decoded *d, struct model *m, const struct dec_record *r, struct dec_positions *p)
{
  uint32_t root = (uint32_t) m->nodes.cnt;
  if (!(r->flags & (RECORD_LINES | RECORD_NODES)))
    return true;
  if (!pctab__decoded_lines (d, r, p)
      || !PUT (&m->sequences, (struct model_sequence) { r->off, r->end, (uint32_t) m->lines.cnt, 0 })
      || (r->node_cnt && !PUT (&m->nodes, (struct model_node) { MODEL_NONE, d->origin_cnt, MODEL_NONE, 0 })))
    return false;
  for (uint32_t i = 0; i < r->node_cnt; i++)
    {
      const struct dec_node *n = &d->nodes[r->node + i];
      if (!PUT (&m->nodes, (struct model_node) { root + n->parent, n->origin, file_index (n->file), n->line }))
        return false;
    }
  for (size_t i = 0; i < p->cnt; i++)
    {
      const struct dec_position *at = &p->at[i];
      uint32_t end = i + 1 < p->cnt ? at[1].off : r->end;
      if (at->off == end) /* a step with advance 0 changes it at once */
        continue;
      if (!PUT (&m->lines, (struct model_line) { at->off, file_index (at->file), at->line })
          || (at->node && !PUT (&m->ranges, (struct model_range) { at->off, end, root + at->node })))
        return false;
    }
  struct model_sequence *s = &m->sequences.at[m->sequences.cnt - 1];
  s->line_cnt = (uint32_t) m->lines.cnt - s->line;
  return true;
}

static bool
put_lines (struct decoded *d, struct model *m)
{
  struct dec_positions p = { 0 };
  bool good = true;
  for (uint32_t i = 0; good && i < d->record_cnt; i++)
    good = put_positions (d, m, &d->records[i], &p);
  free (p.at);
  return good;
}

static bool
rebuild (struct decoded *d, struct model *m)
{
  uint32_t *rule_of = calloc (d->value_cnt + 1, sizeof *rule_of);
  m->base = d->base;
  m->table_addr = d->addr;
  m->machine = d->machine;
  m->is64 = d->class == 64;
  m->big = d->big;
  bool good = rule_of && put_texts (d, m) && put_rules (d, m, rule_of) && put_frames (d, m, rule_of)
              && put_tables (d, m) && put_names (d, m) && put_lines (d, m);
  free (rule_of);
  return good;
}

/* What differs. */

struct pair {
  struct decoded *a, *b; /* the file's, encoded again */
  bool packed;           /* blocks are packed otherwise */
};

static bool
differ (struct pair *p, enum part_number part, uint32_t at, const char *what)
{
  static const uint8_t sizes[PART_CNT] = { [PART_RANGES] = 24,
                                           [PART_PAGES] = 4,
                                           [PART_SLOTS] = 2,
                                           [PART_FUNCTAB] = 8,
                                           [PART_LONGS] = 16,
                                           [PART_BLOCKS] = 12,
                                           [PART_VALUES] = 4,
                                           [PART_SHAPES] = 20,
                                           [PART_PCDATA_TABLES] = 8,
                                           [PART_PCDATA_GROUPS] = 16,
                                           [PART_PCDATA_FUNCTIONS] = 4,
                                           [PART_PCDATA_BLOCKS] = 8,
                                           [PART_STRING_INDEX] = 12,
                                           [PART_RECORD_INDEX] = 12,
                                           [PART_NODE_INDEX] = 12 };
  struct decoded *d = p->a;
  uint32_t size = sizes[part] ? sizes[part] : 1;
  return FAULT_PART (d, CHECK_CANONICAL, part, at,
                     "%s differs first at its %s %" PRIu32 "; it has %" PRIu32 " bytes, encoded again %" PRIu32, what,
                     size > 1 ? "element" : "byte", at / size, d->parts[part].len, p->b->parts[part].len);
}

static uint32_t
first_difference (const unsigned char *a, const unsigned char *b, uint32_t len)
{
  uint32_t i = 0;
  while (i < len && a[i] == b[i])
    i++;
  return i;
}

static bool
compare_part (struct pair *p, enum part_number part)
{
  const struct dec_part *a = &p->a->parts[part], *b = &p->b->parts[part];
  uint32_t len = a->len < b->len ? a->len : b->len;
  uint32_t at = first_difference (part_bytes (p->a, part), part_bytes (p->b, part), len);
  return (at == len && a->len == b->len) || differ (p, part, at, pctab__part_name (part));
}

/* Two stores: the same blocks with the same content; how it is packed may differ. */
static bool
compare_store (struct pair *p, enum part_number index)
{
  enum part_number data = index + 1;
  unsigned char *a, *b;
  struct store_block *x, *y;
  uint32_t a_cnt, b_cnt;
  bool good = true;
  if (!pctab__read_store (p->a, index, &a, &x, &a_cnt))
    return false;
  if (!pctab__read_store (p->b, index, &b, &y, &b_cnt))
    {
      free (a);
      free (x);
      return false;
    }
  for (uint32_t i = 0; good && (i < a_cnt || i < b_cnt); i++)
    if (i >= a_cnt || i >= b_cnt || x[i].key != y[i].key || x[i].len != y[i].len
        || memcmp (a + x[i].off, b + y[i].off, x[i].len))
      good = differ (p, index, 12 * i, pctab__part_name (data));
  p->packed |= good
               && (p->a->parts[data].len != p->b->parts[data].len
                   || memcmp (part_bytes (p->a, data), part_bytes (p->b, data), p->a->parts[data].len));
  free (a);
  free (b);
  free (x);
  free (y);
  return good;
}

/* The header's fields but for sizes and digests, which follow from the rest. */
static bool
compare_header (struct pair *p)
{
  static const struct { uint8_t off, len; } fields[] = { { 0, 12 }, { 20, 12 }, { 48, 16 } };
  for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
    {
      uint32_t at
          = fields[i].off + first_difference (p->a->bytes + fields[i].off, p->b->bytes + fields[i].off, fields[i].len);
      if (at < fields[i].off + (uint32_t) fields[i].len)
        return pctab__report_add (p->a->report, CHECK_CANONICAL, WHERE_PART ("header", at), "byte %" PRIu32
                                  " of the header is %#x, encoded again %#x", at, p->a->bytes[at], p->b->bytes[at]);
    }
  return true;
}

static bool
compare (struct pair *p)
{
  if (!compare_header (p))
    return false;
  for (unsigned i = 0; i < PART_CNT; i++)
    if (i == PART_STRING_INDEX || i == PART_RECORD_INDEX || i == PART_NODE_INDEX)
      {
        if (!compare_store (p, i))
          return false;
        i++;
      }
    else if (!compare_part (p, i))
      return false;
  if (p->packed)
    pctab__report_add (p->a->report, CHECK_CANONICAL_PACKED, WHERE_PART ("strings", p->a->parts[PART_STRINGS].off),
                       "another encoder packed them");
  else if (p->a->len != p->b->len || memcmp (p->a->bytes, p->b->bytes, p->a->len))
    return pctab__report_add (p->a->report, CHECK_CANONICAL, WHERE_PART ("directory", HEADER_BYTES),
                              "every part is the same, but not where they are");
  return true;
}

static bool
table_is_wrong (const struct report *r)
{
  for (size_t i = 0; i < r->cnt; i++)
    {
      const struct check *c = pctab__check_get (r->at[i].check);
      if (c->severity == SEVERITY_ERROR && !strncmp (c->id, "PT", 2))
        return true;
    }
  return false;
}

void
pctab__check_canonical (struct target *t)
{
  struct decoded *d = &t->table, again;
  struct model m;
  struct diag diag = { .file = t->path };
  struct report r;
  struct image_about about = { d->text_digest, part_bytes (d, PART_BUILD_ID), d->parts[PART_BUILD_ID].len };
  unsigned char *image = NULL;
  size_t len;
  /* What is wrong with the table otherwise is said already, and can't be put into a model. */
  if (table_is_wrong (t->report) || ~d->good & GOOD_ALL)
    return;
  pctab__model_init (&m);
  pctab__report_init (&r);
  if (!rebuild (d, &m))
    pctab__target_fail (t, "memory is out");
  else if (!pctab__image_encode (&m, &about, 1, &image, &len, &diag))
    pctab__report_add (t->report, CHECK_CANONICAL, WHERE_FILE, "it can't be encoded again: %s", diag.text);
  else
    {
      pctab__decoded_read (&again, image, len, d->addr, false, &r);
      if (again.good & GOOD_HEAD)
        compare (&(struct pair) { d, &again, false });
      pctab__decoded_free (&again);
    }
  pctab__report_free (&r);
  pctab__model_free (&m);
  free (image);
}
