/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SQLite's and Lua's own work, with results that must always be the same.  (Their headers need not be there.) */
#include <stdlib.h>
#include <unistd.h>

#include "storm.h"

typedef struct sqlite3 sqlite3;
typedef struct sqlite3_stmt sqlite3_stmt;
int sqlite3_open (const char *name, sqlite3 **db);
int sqlite3_close (sqlite3 *db);
int sqlite3_exec (sqlite3 *db, const char *sql, int (*each) (void *, int, char **, char **), void *arg, char **message);
int sqlite3_prepare_v2 (sqlite3 *db, const char *sql, int len, sqlite3_stmt **statement, const char **tail);
int sqlite3_step (sqlite3_stmt *statement);
long long sqlite3_column_int64 (sqlite3_stmt *statement, int column);
int sqlite3_finalize (sqlite3_stmt *statement);

typedef struct lua_State lua_State;
lua_State *luaL_newstate (void);
void luaL_openlibs (lua_State *l);
int luaL_loadstring (lua_State *l, const char *text);
int lua_pcallk (lua_State *l, int args, int results, int handler, long context, void *k);
long long lua_tointegerx (lua_State *l, int at, int *good);
void lua_close (lua_State *l);

static void
must (int good, const char *what, size_t len)
{
  if (good)
    return;
  (void) !write (2, what, len);
  abort ();
}
#define MUST(condition) must (condition, #condition "\n", sizeof #condition)

void
storm_sqlite (void)
{
  sqlite3 *db;
  sqlite3_stmt *s;
  MUST (!sqlite3_open (":memory:", &db));
  MUST (!sqlite3_exec (db, "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT, c INTEGER);"
                           "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)"
                           " INSERT INTO t SELECT i, hex (i * 7919), i * i % 101 FROM n;"
                           "CREATE INDEX tc ON t (c, b);", NULL, NULL, NULL));
  MUST (!sqlite3_prepare_v2 (db, "SELECT sum (length (x.b) * y.c) FROM t x JOIN t y ON x.c = y.c"
                                 " WHERE x.b < y.b GROUP BY x.c % 2 ORDER BY 1 DESC", -1, &s, NULL));
  static volatile long long result;
  long long sum = 0;
  while (sqlite3_step (s) == 100)
    sum = sum * 31 + sqlite3_column_int64 (s, 0);
  MUST (sum != 0 && (!result || sum == result));
  result = sum;
  MUST (!sqlite3_finalize (s));
  MUST (!sqlite3_close (db));
}

static const char program[]
  = "local t, sum = {}, 0\n"
    "for i = 1, 3000 do t[i] = (i * 7919) % 10007 end\n"
    "table.sort (t, function (a, b) return a > b end)\n"
    "for i, v in ipairs (t) do sum = (sum * 31 + v * i) % 1000000007 end\n"
    "local co = coroutine.wrap (function () for w in string.gmatch (string.rep ('ab12 ', 200), '%a+') do"
    " coroutine.yield (#w) end return 0 end)\n"
    "for i = 1, 200 do sum = sum + co () end\n"
    "local function fib (n) if n < 2 then return n end return fib (n - 1) + fib (n - 2) end\n"
    "for i = 1, 20 do pcall (error, { i }) ; sum = sum + #string.format ('%5.2f %s', i / 3, tostring (i)) end\n"
    "return sum + fib (18)\n";

void
storm_lua (void)
{
  static volatile long long result;
  lua_State *l = luaL_newstate ();
  MUST (l != NULL);
  luaL_openlibs (l);
  MUST (!luaL_loadstring (l, program));
  MUST (!lua_pcallk (l, 0, 1, 0, 0, NULL));
  long long sum = lua_tointegerx (l, -1, NULL);
  MUST (sum != 0 && (!result || sum == result));
  result = sum;
  lua_close (l);
}

__attribute__ ((noinline)) int
storm_back (int n)
{
  volatile unsigned sum = 1;
  for (int i = 0; i < n; i++)
    sum = sum * 31 + (unsigned) i;
  return (int) sum;
}
