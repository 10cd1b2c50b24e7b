/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A table for people, and its figures as text and JSON. */
#include <string.h>

#include "dump.h"
#include "format.h"
#include "table.h"

static const char *const part_names[PCTAB_P_CNT] = {
  "build_id",     "ranges",      "pages",         "slots",         "functab",         "longs",       "blocks",
  "values",       "shapes",      "value_lists",   "offset_lists",  "not_preemptible", "writes_sp",   "assembly",
  "pcdata_tables", "pcdata_groups", "pcdata_functions", "pcdata_blocks", "pcdata_lists", "string_index", "strings",
  "string_dictionary", "record_index", "records", "node_index",    "nodes",           "node_dictionary", "origin_index",
  "origins",      "line_codes",  "lines",         "reasons",
};

static uint32_t
part_len (const struct dump *d, unsigned part)
{
  return at_u32 (d->table.image + PCTAB_H_BYTES + 8 * part + 4);
}

struct row_walk {
  struct dump_stats *stats;
  struct out *o;
  struct dump *d;
};

static void
count_row (void *arg, uint64_t pc, int32_t value)
{
  struct row_walk *w = arg;
  struct pctab_rule rule;
  (void) pc;
  pctab_value_rule (&w->d->table, value, &rule);
  w->stats->rows++;
  w->stats->unknown_rows += rule.cfa == PCTAB_CFA_UNKNOWN;
}

static void
count_pcdata_row (void *arg, uint64_t pc, int32_t value)
{
  (void) pc;
  (void) value;
  ++*(uint32_t *) arg;
}

static void
count_frame (struct dump *d, struct dump_stats *s, struct pctab_func f, uint64_t end)
{
  struct row_walk w = { s, NULL, d };
  unsigned flags = pctab_funcflags (&d->table, f);
  bool any = false;
  s->frames++;
  s->unbounded += pctab_funcmaxspdelta (&d->table, f) == PCTAB_MAXSPDELTA_UNBOUNDED;
  s->not_preemptible += (flags & PCTAB_FUNCFLAG_NOPREEMPT) != 0;
  s->writes_sp += (flags & PCTAB_FUNCFLAG_SPWRITE) != 0;
  s->assembly += (flags & PCTAB_FUNCFLAG_ASM) != 0;
  if (flags & PCTAB_FUNCFLAG_NOPREEMPT)
    s->reasons[dump_reason (d, f)]++;
  dump_rows (d, f, end, DUMP_PCSP, count_row, &w);
  for (uint32_t i = 0; i < pctab_pcdata_cnt (&d->table); i++)
    if (dump_has_rows (d, f, end, d->tables[i].number))
      {
        uint32_t rows = 0;
        dump_rows (d, f, end, d->tables[i].number, count_pcdata_row, &rows);
        d->tables[i].functions++;
        d->tables[i].rows += rows;
        s->pcdata_rows += rows;
        any = true;
      }
  s->pcdata_functions += any;
}

bool
dump_count (struct dump *d, struct dump_stats *s)
{
  memset (s, 0, sizeof *s);
  uint64_t done = 0;
  for (uint32_t i = 0; i < pctab_pcdata_cnt (&d->table); i++)
    d->tables[i].functions = d->tables[i].rows = 0;
  struct pctab_record r = { 0 };
  for (;;)
    {
      if (!dump_next (d, &r))
        return false;
      if (!r.end)
        return true;
      s->functions++;
      s->named += r.name != NULL;
      s->with_lines += (r.flags & PCTAB_R_LINES) != 0;
      s->inlined += r.node_cnt;
      struct pctab_func f = pctab_findfunc (&d->table, r.entry);
      if (!f.bits || pctab_func_entry (&d->table, f) < done)
        continue;
      done = dump_frame_end (d, f, UINT64_MAX);
      count_frame (d, s, f, done);
    }
}

static void
put_bytes_hex (struct out *o, const unsigned char *p, size_t len)
{
  for (size_t i = 0; i < len; i++)
    pctab__out_format (o, "%02x", p[i]);
}

static const unsigned char *
part_at (const struct dump *d, unsigned part)
{
  return d->table.image + at_u32 (d->table.image + PCTAB_H_BYTES + 8 * part);
}

void
dump_text_header (struct dump *d, struct out *o)
{
  const unsigned char *h = d->table.image;
  pctab__out_format (o, "%s: module table, version %u, %s, %u bit, %s-endian\n", d->diag.file,
                     at_u32 (h + PCTAB_H_VERSION), d->arch->name, d->table.is64 ? 64 : 32,
                     d->file.big ? "big" : "little");
  pctab__out_format (o, "  table           0x%llx, %u bytes\n", (unsigned long long) (d->addr + d->bias), d->table.len);
  pctab__out_format (o, "  text            0x%llx\n", (unsigned long long) d->table.base);
  pctab__out_format (o, "  text digest     %016llx\n", (unsigned long long) at_u64 (h + PCTAB_H_TEXT_DIGEST));
  pctab__out_format (o, "  head digest     %016llx\n", (unsigned long long) at_u64 (h + PCTAB_H_HEAD_DIGEST));
  pctab__out_format (o, "  hot digest      %016llx\n", (unsigned long long) at_u64 (h + PCTAB_H_HOT_DIGEST));
  pctab__out_format (o, "  cold digest     %016llx\n", (unsigned long long) at_u64 (h + PCTAB_H_COLD_DIGEST));
  pctab__out_str (o, "  build ID        ");
  put_bytes_hex (o, part_at (d, PCTAB_P_BUILD_ID), part_len (d, PCTAB_P_BUILD_ID));
  pctab__out_str (o, part_len (d, PCTAB_P_BUILD_ID) ? "\n" : "none\n");
}

static void
put_size (struct out *o, const char *name, uint32_t len, uint32_t functions)
{
  pctab__out_format (o, "  %-15s %9u bytes  %7.1f a function\n", name, len, functions ? (double) len / functions : 0.0);
}

bool
dump_text_stats (struct dump *d, struct out *o)
{
  struct dump_stats s;
  if (!dump_count (d, &s))
    return false;
  pctab__out_format (o, "  functions       %9u  (%u named, %u with lines, %u inlined calls)\n", s.functions, s.named,
                     s.with_lines, s.inlined);
  pctab__out_format (o, "  frames          %9u  (%u rows, %u with unknown CFA, %u functions of unbounded SP delta)\n",
                     s.frames, s.rows, s.unknown_rows, s.unbounded);
  dump_text_counts (d, o, &s);
  if (!s.with_lines)
    pctab__out_str (o, "  lines           none: the file was linked without line information\n");
  put_size (o, "hot part", d->table.hot_len, s.functions);
  for (unsigned i = 0; i < PCTAB_P_HOT_CNT; i++)
    put_size (o, part_names[i], part_len (d, i), s.functions);
  put_size (o, "cold part", d->table.len - d->table.hot_len, s.functions);
  for (unsigned i = PCTAB_P_HOT_CNT; i < PCTAB_P_CNT; i++)
    put_size (o, part_names[i], part_len (d, i), s.functions);
  put_size (o, "table", d->table.len, s.functions);
  return true;
}

static void
put_signed (struct out *o, int32_t v)
{
  if (v >= 0)
    pctab__out_str (o, "+");
  pctab__out_int (o, v);
}

static void
put_register (struct dump *d, struct out *o, unsigned reg)
{
  const char *name = pctab__arch_register (d->arch, reg);
  pctab__out_str (o, name ? name : "?");
}

static void
put_place (struct dump *d, struct out *o, const char *before, unsigned reg, int32_t off)
{
  pctab__out_str (o, before);
  put_register (d, o, reg);
  put_signed (o, off);
}

static void
put_cfa (struct dump *d, struct out *o, const struct pctab_rule *r)
{
  unsigned reg = r->cfa == PCTAB_CFA_SP ? d->arch->sp : r->cfa == PCTAB_CFA_FP ? d->arch->fp : r->cfa_reg;
  bool deref = r->cfa == PCTAB_CFA_DEREF || r->cfa == PCTAB_CFA_DEREF_INDEX;
  if (r->cfa == PCTAB_CFA_UNKNOWN)
    {
      pctab__out_str (o, "cfa unknown");
      return;
    }
  put_place (d, o, deref ? "cfa *(" : "cfa ", reg, r->cfa_off);
  if (r->cfa == PCTAB_CFA_DEREF_INDEX)
    {
      pctab__out_str (o, "+");
      put_register (d, o, r->cfa_idx);
      pctab__out_str (o, "*");
      pctab__out_int (o, r->cfa_scale);
    }
  if (deref)
    {
      pctab__out_str (o, ")");
      put_signed (o, r->cfa_add);
    }
}

/* A rule in readelf's manner: "rsp+16 ra=c-8 fp=u". */
static void
put_rule (struct dump *d, struct out *o, const struct pctab_rule *r)
{
  put_cfa (d, o, r);
  switch (r->ra)
    {
    case PCTAB_RA_SAVED:
      pctab__out_str (o, "  ra c");
      put_signed (o, r->ra_off);
      break;
    case PCTAB_RA_REG:
      pctab__out_str (o, "  ra in ");
      put_register (d, o, r->ra_reg);
      break;
    case PCTAB_RA_AT_REG:
      put_place (d, o, "  ra at ", r->ra_reg, r->ra_off);
      break;
    default:
      pctab__out_str (o, r->ra == PCTAB_RA_UNDEFINED ? "  no caller" : "  ra unknown");
    }
  switch (r->fp)
    {
    case PCTAB_FP_SAVED:
      pctab__out_str (o, "  fp c");
      put_signed (o, r->fp_off);
      break;
    case PCTAB_FP_AT_REG:
      put_place (d, o, "  fp at ", r->fp_reg, r->fp_off);
      break;
    case PCTAB_FP_IN_REG:
      pctab__out_str (o, "  fp in ");
      put_register (d, o, r->fp_reg);
      break;
    default:
      pctab__out_str (o, r->fp == PCTAB_FP_UNKNOWN ? "  fp unknown" : "");
    }
}

static void
put_pc (struct out *o, uint64_t pc)
{
  pctab__out_str (o, "    ");
  pctab__out_hex (o, pc);
  pctab__out_str (o, "  ");
}

static void
see_row (void *arg, uint64_t pc, int32_t value)
{
  struct row_walk *w = arg;
  struct pctab_rule rule;
  pctab_value_rule (&w->d->table, value, &rule);
  put_pc (w->o, pc);
  put_rule (w->d, w->o, &rule);
  pctab__out_str (w->o, "\n");
}

static bool
same_frames (const struct pctab_frame *a, const struct pctab_frame *b, unsigned cnt)
{
  for (unsigned i = 0; i < cnt; i++)
    if (a[i].func != b[i].func || a[i].file != b[i].file || a[i].line != b[i].line)
      return false;
  return true;
}

static void
put_line (struct out *o, const struct pctab_frame *f)
{
  pctab__out_str (o, f->file ? f->file : "?");
  pctab__out_str (o, ":");
  pctab__out_int (o, f->line);
}

/* Each line of the function with its inlined calls, where it begins. */
static bool
put_lines (struct dump *d, struct out *o, const struct pctab_record *r)
{
  struct pctab_frame frames[PCTAB_FRAMES_MAX], last[PCTAB_FRAMES_MAX];
  unsigned cnt, last_cnt = 0;
  for (uint64_t pc = r->entry; pc < r->end; pc = pctab_funcline_end (&d->cold, pc))
    {
      enum pctab_error error = pctab_funcline (&d->cold, pc, frames, PCTAB_FRAMES_MAX, &cnt);
      if (error)
        return pctab__diag_error (&d->diag, ".pctab", "%s; link the file again", pctab_error_text (error));
      if (cnt == last_cnt && same_frames (frames, last, cnt))
        continue;
      memcpy (last, frames, cnt * sizeof *last);
      last_cnt = cnt;
      put_pc (o, pc);
      put_line (o, &frames[0]);
      for (unsigned i = 0; i + 1 < cnt; i++)
        {
          pctab__out_str (o, "  in ");
          pctab__out_str (o, frames[i].func ? dump_demangle (d, frames[i].func) : "?");
          pctab__out_str (o, ", from ");
          put_line (o, &frames[i + 1]);
        }
      pctab__out_str (o, "\n");
    }
  return true;
}

bool
dump_text_functions (struct dump *d, struct out *o, bool tables)
{
  struct pctab_record record = { 0 }, *r = &record;
  while (dump_next (d, r))
    {
      if (!r->end)
        return true;
      struct pctab_func f = pctab_findfunc (&d->table, r->entry);
      bool framed = f.bits != 0;
      uint32_t max = framed ? pctab_funcmaxspdelta (&d->table, f) : 0;
      pctab__out_hex (o, r->entry);
      pctab__out_str (o, "-");
      pctab__out_hex (o, r->end);
      pctab__out_str (o, "  ");
      pctab__out_str (o, r->name ? dump_demangle (d, r->name) : "(no name)");
      pctab__out_str (o, "  ");
      if (!framed)
        pctab__out_str (o, "no frame information");
      else if (max == PCTAB_MAXSPDELTA_UNBOUNDED)
        pctab__out_str (o, "SP delta unbounded");
      else
        pctab__out_format (o, "SP delta up to %u", max);
      unsigned flags = framed ? pctab_funcflags (&d->table, f) : 0;
      pctab__out_str (o, flags & PCTAB_FUNCFLAG_SIGNAL ? ", signal frame" : "");
      pctab__out_str (o, flags & PCTAB_FUNCFLAG_TOP ? ", outermost" : "");
      pctab__out_str (o, flags & PCTAB_FUNCFLAG_SPWRITE ? ", writes SP" : "");
      pctab__out_str (o, flags & PCTAB_FUNCFLAG_ASM ? ", assembly" : "");
      if (flags & PCTAB_FUNCFLAG_NOPREEMPT)
        pctab__out_format (o, ", not preemptible: %s", pctab_reason_text (dump_reason (d, f)));
      pctab__out_str (o, "\n");
      if (!tables)
        continue;
      struct row_walk w = { NULL, o, d };
      uint64_t end = framed ? dump_frame_end (d, f, r->end) : 0;
      if (framed)
        {
          dump_rows (d, f, end, DUMP_PCSP, see_row, &w);
          dump_text_pcdata (d, o, f, end);
        }
      if (r->flags & PCTAB_R_LINES && !put_lines (d, o, r))
        return false;
    }
  return false;
}

static void
put_parts (struct dump *d, struct out *o)
{
  pctab__out_str (o, ",\"parts\":{");
  for (unsigned i = 0; i < PCTAB_P_CNT; i++)
    pctab__out_format (o, "%s\"%s\":%u", i ? "," : "", part_names[i], part_len (d, i));
  pctab__out_str (o, "}");
}

static void
put_function (struct dump *d, struct out *o, const struct pctab_record *r)
{
  struct pctab_func f = pctab_findfunc (&d->table, r->entry);
  bool framed = f.bits != 0;
  uint32_t max = framed ? pctab_funcmaxspdelta (&d->table, f) : PCTAB_MAXSPDELTA_UNBOUNDED;
  pctab__out_format (o, "{\"entry\":\"0x%llx\",\"end\":\"0x%llx\",\"name\":", (unsigned long long) r->entry,
                     (unsigned long long) r->end);
  pctab__out_json (o, dump_demangle (d, r->name));
  pctab__out_format (o, ",\"framed\":%s,\"maxspdelta\":", framed ? "true" : "false");
  if (max == PCTAB_MAXSPDELTA_UNBOUNDED)
    pctab__out_str (o, "null");
  else
    pctab__out_int (o, max);
  unsigned flags = framed ? pctab_funcflags (&d->table, f) : 0;
  pctab__out_format (o, ",\"signal\":%s,\"top\":%s,\"lines\":%s,\"inlined\":%u",
                     flags & PCTAB_FUNCFLAG_SIGNAL ? "true" : "false", flags & PCTAB_FUNCFLAG_TOP ? "true" : "false",
                     r->flags & PCTAB_R_LINES ? "true" : "false", r->node_cnt);
  pctab__out_format (o, ",\"nopreempt\":%s,\"spwrite\":%s,\"asm\":%s",
                     flags & PCTAB_FUNCFLAG_NOPREEMPT ? "true" : "false",
                     flags & PCTAB_FUNCFLAG_SPWRITE ? "true" : "false", flags & PCTAB_FUNCFLAG_ASM ? "true" : "false");
  dump_put_reason (o, flags, framed ? dump_reason (d, f) : 0);
  pctab__out_str (o, ",\"pcdata\":[");
  if (framed)
    dump_put_pcdata (d, o, f, dump_frame_end (d, f, r->end));
  pctab__out_str (o, "]}");
}

bool
dump_json (struct dump *d, struct out *o, bool functions)
{
  const unsigned char *h = d->table.image;
  struct dump_stats s;
  if (!dump_count (d, &s))
    return false;
  pctab__out_str (o, "{\"file\":");
  pctab__out_json (o, d->diag.file);
  pctab__out_format (o, ",\"version\":%u,\"machine\":\"%s\",\"class\":%u,\"byte_order\":\"%s\"",
                     at_u32 (h + PCTAB_H_VERSION), d->arch->name, d->table.is64 ? 64 : 32,
                     d->file.big ? "big" : "little");
  pctab__out_format (o, ",\"table\":\"0x%llx\",\"text\":\"0x%llx\"", (unsigned long long) (d->addr + d->bias),
                     (unsigned long long) d->table.base);
  pctab__out_format (o, ",\"digests\":{\"head\":\"%016llx\",\"hot\":\"%016llx\",\"cold\":\"%016llx\","
                     "\"text\":\"%016llx\"},\"build_id\":\"",
                     (unsigned long long) at_u64 (h + PCTAB_H_HEAD_DIGEST),
                     (unsigned long long) at_u64 (h + PCTAB_H_HOT_DIGEST),
                     (unsigned long long) at_u64 (h + PCTAB_H_COLD_DIGEST),
                     (unsigned long long) at_u64 (h + PCTAB_H_TEXT_DIGEST));
  put_bytes_hex (o, part_at (d, PCTAB_P_BUILD_ID), part_len (d, PCTAB_P_BUILD_ID));
  pctab__out_format (o, "\",\"bytes\":{\"table\":%u,\"hot\":%u,\"cold\":%u}", d->table.len, d->table.hot_len,
                     d->table.len - d->table.hot_len);
  put_parts (d, o);
  pctab__out_format (o, ",\"counts\":{\"functions\":%u,\"named\":%u,\"with_lines\":%u,\"inlined\":%u,\"frames\":%u,"
                     "\"rows\":%u,\"unknown_cfa_rows\":%u,\"unbounded\":%u",
                     s.functions, s.named, s.with_lines, s.inlined, s.frames, s.rows, s.unknown_rows, s.unbounded);
  dump_put_counts (d, o, &s);
  const char *before = ",\"functions\":[\n";
  struct pctab_record r = { 0 };
  while (functions)
    {
      if (!dump_next (d, &r))
        return false;
      if (!r.end)
        break;
      pctab__out_str (o, before);
      put_function (d, o, &r);
      before = ",\n";
    }
  pctab__out_str (o, !functions ? "}\n" : s.functions ? "\n]}\n" : ",\"functions\":[]}\n");
  return true;
}
