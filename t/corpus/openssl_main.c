/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A main for Debian's static libssl and libcrypto, which the link takes in whole: digests of its standard input. */
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <stdio.h>

static int
digest (const char *name, const unsigned char *data, size_t len)
{
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned int out_len = 0;
  const EVP_MD *md = EVP_get_digestbyname (name);
  if (!md || !EVP_Digest (data, len, out, &out_len, md, NULL))
    return 1;
  printf ("%s ", name);
  for (unsigned i = 0; i < out_len; i++)
    printf ("%02x", out[i]);
  putchar ('\n');
  return 0;
}

int
main (void)
{
  static unsigned char data[1 << 20];
  size_t len = fread (data, 1, sizeof data, stdin);
  SSL_CTX *ctx = SSL_CTX_new (TLS_method ());
  int bad = !ctx || digest ("SHA256", data, len) || digest ("SHA512", data, len) || digest ("SHA3-256", data, len);
  SSL_CTX_free (ctx);
  puts (OpenSSL_version (OPENSSL_VERSION));
  return bad;
}
