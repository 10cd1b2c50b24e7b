/* SPDX-License-Identifier: MIT */
/* LZ4 blocks (lz4_Block_format.md) with a dictionary that is used where it lies, unpacked only as far as is asked for: what
 * liblz4 has not in all releases that are about.  Bytes in SRC may be anything. */
#include "lz4_unpack.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define MATCH_MIN 4
#define WIDE 16 /* bytes copied at once, where there is room for as many beyond those asked for */

struct unpacker {
  const unsigned char *src, *src_end;
  unsigned char *dst, *at, *end;
  const unsigned char *dict;
  size_t dict_len;
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

/* LEN literals; false: this is all. */
static inline bool
copy_literals (struct unpacker *u, size_t len)
{
  if (len <= WIDE && u->src_end - u->src >= WIDE && u->end - u->at >= WIDE)
    memcpy (u->at, u->src, WIDE);
  else
    {
      size_t have = (size_t) (u->src_end - u->src), room = (size_t) (u->end - u->at);
      bool all = len <= have && len <= room;
      len = len < have ? len : have;
      len = len < room ? len : room;
      memcpy (u->at, u->src, len);
      u->at += len;
      u->src += len;
      return all;
    }
  u->at += len;
  u->src += len;
  return true;
}

/* LEN bytes of what DISTANCE bytes before begins in the dictionary: there, and then in the block. */
static size_t
copy_dict (struct unpacker *u, size_t distance, size_t len)
{
  size_t back = distance - (size_t) (u->at - u->dst), part = back < len ? back : len;
  memcpy (u->at, u->dict + u->dict_len - back, part);
  u->at += part;
  return len - part;
}

static inline void
copy_match (struct unpacker *u, size_t distance, size_t len)
{
  unsigned char *to = u->at, *end = u->at + len;
  const unsigned char *from = to - distance;
  u->at = end;
  if (distance >= WIDE && u->end - end >= WIDE)
    for (; to < end; to += WIDE, from += WIDE)
      memcpy (to, from, WIDE);
  else
    while (to < end)
      *to++ = *from++;
}

size_t
pctab__lz4_unpack (const unsigned char *src, size_t src_len, unsigned char *dst, size_t dst_len,
                   const unsigned char *dict, size_t dict_len)
{
  struct unpacker u = { src, src + src_len, dst, dst, dst + dst_len, dict, dict_len };
  while (u.src < u.src_end && u.at < u.end)
    {
      unsigned token = *u.src++;
      size_t len = token >> 4;
      if ((len == 15 && !take_length (&u, &len)) || !copy_literals (&u, len) || u.src_end - u.src < 2)
        break;
      size_t distance = u.src[0] | (size_t) u.src[1] << 8, room;
      u.src += 2;
      len = token & 15;
      if ((len == 15 && !take_length (&u, &len)) || !distance || distance > (size_t) (u.at - u.dst) + dict_len)
        break;
      len += MATCH_MIN;
      room = (size_t) (u.end - u.at);
      len = len < room ? len : room;
      if (distance > (size_t) (u.at - u.dst))
        len = copy_dict (&u, distance, len);
      copy_match (&u, distance, len);
    }
  return (size_t) (u.at - dst);
}
