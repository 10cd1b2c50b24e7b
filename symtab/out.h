/* SPDX-License-Identifier: MIT */
/* Buffered output for the tools: text and JSON without a format string a line. */
#ifndef PCTAB_OUT_H
#define PCTAB_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct out {
  int fd;
  bool failed; /* a write failed; err says why */
  int err;
  size_t len;
  char bytes[1 << 16];
};

void pctab__out_flush (struct out *o);
void pctab__out_much (struct out *o, const char *s, size_t len);

static inline void
pctab__out_bytes (struct out *o, const char *s, size_t len)
{
  if (len >= sizeof o->bytes - o->len)
    {
      pctab__out_much (o, s, len);
      return;
    }
  memcpy (o->bytes + o->len, s, len);
  o->len += len;
}

static inline void
pctab__out_str (struct out *o, const char *s)
{
  pctab__out_bytes (o, s, strlen (s));
}

void pctab__out_format (struct out *o, const char *format, ...) __attribute__ ((format (printf, 2, 3)));
void pctab__out_int (struct out *o, int64_t v);

/* "0x" and hexadecimal digits. */
void pctab__out_hex (struct out *o, uint64_t v);

/* A JSON string.  Bytes that are no UTF-8 become \xHH (four characters), and a backslash becomes two, so that nothing
 * is lost; S NULL: null. */
void pctab__out_json (struct out *o, const char *s);

#endif
