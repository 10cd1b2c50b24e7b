/* SPDX-License-Identifier: MIT */
/* LZ4 blocks (lz4_Block_format.md) with a dictionary that is used where it lies, unpacked only as far as is asked for: what
 * liblz4 has not in all releases that are about.  Bytes in SRC may be anything.
 *
 * Sequences are short, so that a call of memcpy() would take longer than what it does: where there is room for it, WIDE bytes
 * are copied whether they are wanted or not. */
#include "lz4_unpack.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define MATCH_MIN 4
#define WIDE 16

struct unpacker {
  const unsigned char *src, *src_end;
  unsigned char *at, *end;
};

/* The rest of a length that is 15 in the token.  False: it does not end. */
static bool
take_length (struct unpacker *u, size_t *len)
{
  unsigned char more = 255;
  while (more == 255)
    {
      if (u->src == u->src_end || *len > UINT32_MAX)
        return false;
      more = *u->src++;
      *len += more;
    }
  return true;
}

/* LEN bytes of TO's room ROOM from FROM, where HAVE are; neither LEN is more than these. */
static inline __attribute__ ((always_inline)) void
copy (unsigned char *to, size_t room, const unsigned char *from, size_t have, size_t len)
{
  if (__builtin_expect (len + WIDE <= room && len + WIDE <= have, 1))
    {
      size_t done = 0;
      do
        {
          memcpy (to + done, from + done, WIDE);
          done += WIDE;
        }
      while (done < len);
    }
  else
    memcpy (to, from, len);
}

/* LEN literals; false: this is all. */
static inline __attribute__ ((always_inline)) bool
copy_literals (struct unpacker *u, size_t len)
{
  size_t have = (size_t) (u->src_end - u->src), room = (size_t) (u->end - u->at);
  if (__builtin_expect (len <= WIDE && have >= WIDE && room >= WIDE, 1))
    memcpy (u->at, u->src, WIDE);
  else
    {
      bool all = len <= have && len <= room;
      len = len < have ? len : have;
      len = len < room ? len : room;
      copy (u->at, room, u->src, have, len);
      u->at += len;
      u->src += len;
      return all;
    }
  u->at += len;
  u->src += len;
  return true;
}

/* LEN bytes from DISTANCE before, which are there; they may be just being written. */
static void
copy_bytes (struct unpacker *u, size_t distance, size_t len)
{
  const unsigned char *from = u->at - distance;
  for (unsigned char *end = u->at + len; u->at < end;)
    *u->at++ = *from++;
}

/* LEN bytes from BACK before the end of the dictionary, and when that is reached, from the block's start. */
static void
copy_dict (struct unpacker *u, unsigned char *dst, const unsigned char *dict_end, size_t back, size_t len)
{
  size_t part = back < len ? back : len, distance = (size_t) (u->at - dst) + back;
  memcpy (u->at, dict_end - back, part);
  u->at += part;
  copy_bytes (u, distance, len - part);
}

size_t
pctab__lz4_unpack (const unsigned char *src, size_t src_len, unsigned char *dst, size_t dst_len,
                   const unsigned char *dict, size_t dict_len)
{
  const unsigned char *dict_end = dict + dict_len;
  struct unpacker u = { src, src + src_len, dst, dst + dst_len };
  while (u.src < u.src_end && u.at < u.end)
    {
      unsigned token = *u.src++;
      size_t len = token >> 4;
      if ((len == 15 && !take_length (&u, &len)) || !copy_literals (&u, len) || u.src_end - u.src < 2)
        break;
      size_t distance = u.src[0] | (size_t) u.src[1] << 8, room = (size_t) (u.end - u.at), done = (size_t) (u.at - dst);
      u.src += 2;
      len = token & 15;
      if ((len == 15 && !take_length (&u, &len)) || !distance || distance > done + dict_len)
        break;
      len += MATCH_MIN;
      len = len < room ? len : room;
      /* Which of both it is nothing foretells: no branch, so far as it goes. */
      size_t back = distance - done;
      bool outside = distance > done;
      const unsigned char *from = outside ? dict_end - back : u.at - distance;
      if (__builtin_expect (len + 2 * WIDE <= room && (outside ? back : distance + len) >= len + 2 * WIDE, 1))
        {
          memcpy (u.at, from, WIDE);
          memcpy (u.at + WIDE, from + WIDE, WIDE);
          for (size_t at = 2 * WIDE; at < len; at += WIDE)
            memcpy (u.at + at, from + at, WIDE);
          u.at += len;
        }
      else if (outside)
        copy_dict (&u, dst, dict_end, back, len);
      else
        copy_bytes (&u, distance, len);
    }
  return (size_t) (u.at - dst);
}
