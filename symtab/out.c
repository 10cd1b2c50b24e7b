/* SPDX-License-Identifier: MIT */
#include "out.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void
pctab__out_flush (struct out *o)
{
  const char *p = o->bytes;
  while (o->len && !o->failed)
    {
      ssize_t got = write (o->fd, p, o->len);
      if (got < 0 && errno == EINTR)
        continue;
      if (got < 0)
        {
          o->failed = true;
          o->err = errno;
          break;
        }
      p += got;
      o->len -= (size_t) got;
    }
  o->len = 0;
}

void
pctab__out_much (struct out *o, const char *s, size_t len)
{
  while (len)
    {
      size_t room = sizeof o->bytes - o->len, part = len < room ? len : room;
      memcpy (o->bytes + o->len, s, part);
      o->len += part;
      s += part;
      len -= part;
      if (o->len == sizeof o->bytes)
        pctab__out_flush (o);
    }
}

void
pctab__out_format (struct out *o, const char *format, ...)
{
  char text[4096];
  va_list args;
  va_start (args, format);
  int len = vsnprintf (text, sizeof text, format, args);
  va_end (args);
  if (len > 0)
    pctab__out_bytes (o, text, (size_t) len < sizeof text ? (size_t) len : sizeof text - 1);
}

void
pctab__out_int (struct out *o, int64_t v)
{
  char text[24], *p = text + sizeof text;
  uint64_t u = v < 0 ? -(uint64_t) v : (uint64_t) v;
  do
    *--p = (char) ('0' + u % 10);
  while ((u /= 10) != 0);
  if (v < 0)
    *--p = '-';
  pctab__out_bytes (o, p, (size_t) (text + sizeof text - p));
}

void
pctab__out_hex (struct out *o, uint64_t v)
{
  char text[20], *p = text + sizeof text;
  do
    *--p = "0123456789abcdef"[v & 15];
  while ((v >>= 4) != 0);
  *--p = 'x';
  *--p = '0';
  pctab__out_bytes (o, p, (size_t) (text + sizeof text - p));
}

/* Bytes of the UTF-8 character at S (RFC 3629: no overlong form, no surrogate); 0: none. */
static unsigned
utf8_len (const unsigned char *s)
{
  unsigned len = s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : s[0] < 0xf5 ? 4 : 0;
  for (unsigned i = 1; i < len; i++)
    if ((s[i] & 0xc0) != 0x80)
      return 0;
  if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) || (s[0] == 0xf0 && s[1] < 0x90)
      || (s[0] == 0xf4 && s[1] > 0x8f))
    return 0;
  return len;
}

static bool
plain (unsigned char c)
{
  return c >= 32 && c < 127 && c != '"' && c != '\\';
}

/* Not 0 if a byte of V is 0. */
static uint64_t
zero_bytes (uint64_t v)
{
  return (v - UINT64_C (0x0101010101010101)) & ~v & UINT64_C (0x8080808080808080);
}

/* plain() of eight bytes at once: none below 32, none above 126, no quote, no backslash. */
static inline bool
plain_eight (const unsigned char *s)
{
  const uint64_t ones = UINT64_C (0x0101010101010101);
  uint64_t v;
  memcpy (&v, s, sizeof v);
  return !(zero_bytes (v ^ ones * '"') | zero_bytes (v ^ ones * '\\') | zero_bytes (v & ones * 0xe0)
           | ((v | (v + ones)) & ones * 128));
}

static bool
all_plain (const unsigned char *s, size_t len)
{
  size_t i = 0;
  if (len >= 8)
    {
      for (; len - i >= 8; i += 8)
        if (!plain_eight (s + i))
          return false;
      return plain_eight (s + len - 8);
    }
  while (i < len && plain (s[i]))
    i++;
  return i == len;
}

void
pctab__out_json (struct out *o, const char *string)
{
  if (!string)
    {
      pctab__out_str (o, "null");
      return;
    }
  const unsigned char *s = (const unsigned char *) string;
  size_t string_len = strlen (string);
  pctab__out_bytes (o, "\"", 1);
  if (all_plain (s, string_len))
    {
      pctab__out_bytes (o, string, string_len);
      s += string_len;
    }
  while (*s)
    {
      const unsigned char *from = s;
      while (plain (*s))
        s++;
      pctab__out_bytes (o, (const char *) from, (size_t) (s - from));
      unsigned len = *s >= 128 ? utf8_len (s) : 0;
      if (len)
        pctab__out_bytes (o, (const char *) s, len);
      else if (*s == '"')
        pctab__out_bytes (o, "\\\"", 2);
      else if (*s == '\\')
        pctab__out_bytes (o, "\\\\\\\\", 4);
      else if (*s >= 128)
        pctab__out_format (o, "\\\\x%02x", *s);
      else if (*s)
        pctab__out_format (o, "\\u%04x", *s);
      s += len ? len : *s != 0;
    }
  pctab__out_bytes (o, "\"", 1);
}
