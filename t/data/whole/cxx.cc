/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Templates, exceptions, destructors. */
#include <stdexcept>
#include <string>
#include <vector>
extern "C" int other (char *, int);
namespace { struct guard { int v; ~guard () { other (0, v); } }; }
template <class T> T best (const std::vector<T> &v) { T m = v.at (0); for (auto &x : v) if (m < x) m = x; return m; }
extern "C" int cxx (int n)
{
  guard g{n};
  try { std::vector<std::string> v; v.push_back (std::to_string (n)); return (int) best (v).size (); }
  catch (const std::out_of_range &e) { return e.what ()[0]; }
}
