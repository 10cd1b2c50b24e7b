/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Functions of every kind of frame and with inlined calls, named after UNIT. */
#include <alloca.h>
#include <string.h>
#define JOIN2(a, b) a##b
#define JOIN(a, b) JOIN2 (a, b)
#define NAME(n) JOIN (UNIT, n)
extern int other (char *, int);
static inline __attribute__ ((always_inline)) int add (int a, int b) { return other (0, a) + b; }
static inline int three (int a) { return add (a, 1) + add (a, 2) + add (a, 3); }
int NAME (_plain) (int v) { return three (v) * 2; }
int NAME (_alloca) (int v) { char *p = alloca (v * 3 + 1); memset (p, v, v); return other (p, v) + add (v, 1); }
int NAME (_vla) (int v) { char p[v + 1]; p[0] = 0; for (int i = 0; i < v; i++) other (p, i); return p[v / 2]; }
int NAME (_aligned) (int v) { char p[100] __attribute__ ((aligned (64))); p[0] = (char) v; return other (p, v) + p[1]; }
int NAME (_realigned_alloca) (int v)
{
  char p[100] __attribute__ ((aligned (64)));
  return other (alloca (v), other (p, v));
}
double NAME (_sum) (const double *a, const double *b, double *c, int n)
{
  double s = 0;
  for (int i = 0; i < n; i++) { c[i] = a[i] * b[i] + c[i]; other ((char *) c, i); s += c[i]; }
  return s;
}
void NAME (_vectors) (float *restrict a, const float *restrict b, int n)
{
  for (int i = 0; i < n; i++) a[i] = a[i] * b[i] + 3;
}
int NAME (_many) (int a, int b, int c, int d, int e, int f, int g, int h)
{
  int s = other (0, a) + other (0, b) + other (0, c) + other (0, d);
  return s + a * b * c * d * e * f * g * h + three (s);
}
int NAME (_cold) (int v)
{
  if (__builtin_expect (v > 99, 0)) { other (0, 3); other (0, 4); __builtin_abort (); }
  return v;
}
