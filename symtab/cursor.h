/* SPDX-License-Identifier: MIT */
/* A bounded cursor over bytes with one sticky error: a read past the end, or a value that breaks its own encoding,
 * sets `bad`, returns 0 and leaves the cursor at its end.  A caller reads a whole record, then asks once. */
#ifndef PCTAB_CURSOR_H
#define PCTAB_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct cursor {
  const unsigned char *pos;
  const unsigned char *end;
  bool big; /* byte order of the data: true for most significant byte first */
  bool bad;
};

static inline struct cursor
cursor_over (const void *data, size_t len, bool big)
{
  return (struct cursor){ data, (const unsigned char *) data + len, big, false };
}

static inline size_t
cursor_left (const struct cursor *c)
{
  return (size_t) (c->end - c->pos);
}

static inline void
cursor_fail (struct cursor *c)
{
  c->bad = true;
  c->pos = c->end;
}

/* The next LEN bytes, or NULL. */
static inline const unsigned char *
cursor_take (struct cursor *c, uint64_t len)
{
  const unsigned char *at = c->pos;
  if (len > cursor_left (c))
    {
      cursor_fail (c);
      return NULL;
    }
  c->pos += len;
  return at;
}

static inline uint64_t
load_bytes (const unsigned char *p, unsigned len, bool big)
{
  uint64_t v = 0;
  for (unsigned i = 0; i < len; i++)
    v |= (uint64_t) p[i] << 8 * (big ? len - 1 - i : i);
  return v;
}

static inline uint16_t
load_u16 (const void *p, bool big)
{
  uint16_t v;
  memcpy (&v, p, sizeof v);
  return big == (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__) ? v : __builtin_bswap16 (v);
}

static inline uint32_t
load_u32 (const void *p, bool big)
{
  uint32_t v;
  memcpy (&v, p, sizeof v);
  return big == (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__) ? v : __builtin_bswap32 (v);
}

static inline uint64_t
load_u64 (const void *p, bool big)
{
  uint64_t v;
  memcpy (&v, p, sizeof v);
  return big == (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__) ? v : __builtin_bswap64 (v);
}

static inline uint8_t
cursor_u8 (struct cursor *c)
{
  const unsigned char *p = cursor_take (c, 1);
  return p ? *p : 0;
}

static inline uint16_t
cursor_u16 (struct cursor *c)
{
  const unsigned char *p = cursor_take (c, 2);
  return p ? load_u16 (p, c->big) : 0;
}

static inline uint32_t
cursor_u32 (struct cursor *c)
{
  const unsigned char *p = cursor_take (c, 4);
  return p ? load_u32 (p, c->big) : 0;
}

static inline uint64_t
cursor_u64 (struct cursor *c)
{
  const unsigned char *p = cursor_take (c, 8);
  return p ? load_u64 (p, c->big) : 0;
}

/* A DWARF unsigned LEB128.  Padding with zero groups is accepted, as producers emit it; bits beyond 64 are an error. */
static inline uint64_t
cursor_uleb (struct cursor *c)
{
  uint64_t v = 0;
  for (unsigned shift = 0;; shift += 7)
    {
      if (c->pos == c->end)
        break;
      unsigned char b = *c->pos++;
      if (shift < 64)
        {
          v |= (uint64_t) (b & 0x7f) << shift;
          if (shift == 63 && (b & 0x7e))
            break;
        }
      else if (b & 0x7f)
        break;
      if (!(b & 0x80))
        return v;
    }
  cursor_fail (c);
  return 0;
}

/* A DWARF signed LEB128; values outside 64 bits are an error. */
static inline int64_t
cursor_sleb (struct cursor *c)
{
  uint64_t v = 0;
  for (unsigned shift = 0; c->pos != c->end && shift < 70; shift += 7)
    {
      unsigned char b = *c->pos++;
      if (shift < 64)
        v |= (uint64_t) (b & 0x7f) << shift;
      if (!(b & 0x80))
        {
          if (shift + 7 < 64 && (b & 0x40))
            v |= ~UINT64_C (0) << (shift + 7);
          return (int64_t) v;
        }
    }
  cursor_fail (c);
  return 0;
}

/* A NUL-terminated string; NULL when its end is not there. */
static inline const char *
cursor_str (struct cursor *c)
{
  const unsigned char *at = c->pos;
  const unsigned char *nul = cursor_left (c) ? memchr (at, 0, cursor_left (c)) : NULL;
  if (!nul)
    {
      cursor_fail (c);
      return NULL;
    }
  c->pos = nul + 1;
  return (const char *) at;
}

#endif
