/* SPDX-License-Identifier: GPL-3.0-or-later */
/* LZ4 for machines that have no liblz4 here: a decoder of blocks, and an encoder that never gains anything. */
#include <lz4.h>
#include <lz4hc.h>
#include <string.h>

int
LZ4_sizeofStateHC (void)
{
  return 1;
}

int
LZ4_compress_HC_extStateHC (void *state, const char *src, char *dst, int src_len, int dst_len, int level)
{
  (void) state, (void) src, (void) dst, (void) src_len, (void) dst_len, (void) level;
  return 0;
}

/* A length of 15 goes on in bytes up to one that isn't 255. */
static long
length (long len, const unsigned char **in, const unsigned char *end)
{
  if (len != 15)
    return len;
  while (*in < end)
    {
      len += **in;
      if (*(*in)++ != 255)
        return len;
    }
  return -1;
}

int
LZ4_decompress_safe (const char *src, char *dst, int src_len, int dst_len)
{
  const unsigned char *in = (const unsigned char *) src, *end = in + src_len;
  unsigned char *out = (unsigned char *) dst, *out_end = out + dst_len;
  while (in < end)
    {
      unsigned token = *in++;
      long len = length (token >> 4, &in, end);
      if (len < 0 || len > end - in || len > out_end - out)
        return -1;
      memcpy (out, in, (size_t) len);
      in += len;
      out += len;
      if (in == end)
        return (int) (out - (unsigned char *) dst);
      if (end - in < 2)
        return -1;
      long off = in[0] | in[1] << 8;
      in += 2;
      len = length (token & 15, &in, end);
      if (len < 0 || !off || off > out - (unsigned char *) dst || len + 4 > out_end - out)
        return -1;
      for (len += 4; len; len--, out++)
        *out = out[-off];
    }
  return -1;
}
