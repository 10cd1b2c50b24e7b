// SPDX-License-Identifier: GPL-3.0-or-later
// Exceptions through frames with and without something to destroy, for step_oracle.
#include <stdexcept>
#include <string>
#include <vector>

static volatile long sink;

struct guard {
  ~guard () { sink = sink + 1; }
};

__attribute__ ((noinline)) static long
deep (int n)
{
  guard g;
  if (n == 0)
    throw std::runtime_error (std::string (100, 'x'));
  return deep (n - 1) + n;
}

__attribute__ ((noinline)) static long
rethrows (int n)
{
  std::vector<int> v (10, n);
  try
    {
      return deep (n) + v[0];
    }
  catch (const std::exception &e)
    {
      sink = sink + e.what ()[0];
      throw;
    }
}

int
main ()
{
  for (int i = 0; i < 2; i++)
    try
      {
        rethrows (4);
      }
    catch (const std::exception &)
      {
        sink = sink + i;
      }
  return 0;
}
