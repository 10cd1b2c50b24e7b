/* SPDX-License-Identifier: MIT */
/* Signals in words. */
#include "crash.h"

#include <stddef.h>

static const struct {
  int signo, code; /* signo 0: any */
  const char *text;
} causes[] = {
  { SIGSEGV, SEGV_MAPERR, "nothing is mapped there" },
  { SIGSEGV, SEGV_ACCERR, "what is mapped there may not be accessed so" },
#ifdef SEGV_BNDERR
  { SIGSEGV, SEGV_BNDERR, "a bound check failed" },
#endif
#ifdef SEGV_PKUERR
  { SIGSEGV, SEGV_PKUERR, "its protection key forbids it" },
#endif
  { SIGSEGV, SI_KERNEL, "no address is known; on x86 a non-canonical one, for example" },
  { SIGBUS, BUS_ADRALN, "the address is not aligned" },
  { SIGBUS, BUS_ADRERR, "there is no memory behind the address: the file may have become shorter" },
  { SIGBUS, BUS_OBJERR, "a hardware error" },
  { SIGBUS, BUS_MCEERR_AR, "a memory error that the hardware found" },
  { SIGBUS, BUS_MCEERR_AO, "a memory error that the hardware found by the way" },
  { SIGFPE, FPE_INTDIV, "an integer was divided by zero" },
  { SIGFPE, FPE_INTOVF, "an integer overflow" },
  { SIGFPE, FPE_FLTDIV, "a floating-point number was divided by zero" },
  { SIGFPE, FPE_FLTOVF, "a floating-point overflow" },
  { SIGFPE, FPE_FLTUND, "a floating-point underflow" },
  { SIGFPE, FPE_FLTRES, "an inexact floating-point result" },
  { SIGFPE, FPE_FLTINV, "an invalid floating-point operation" },
  { SIGFPE, FPE_FLTSUB, "a subscript out of range" },
  { SIGILL, ILL_ILLOPC, "an illegal opcode" },
  { SIGILL, ILL_ILLOPN, "an illegal operand" },
  { SIGILL, ILL_ILLADR, "an illegal addressing mode" },
  { SIGILL, ILL_ILLTRP, "an illegal trap" },
  { SIGILL, ILL_PRVOPC, "a privileged opcode" },
  { SIGILL, ILL_PRVREG, "a privileged register" },
  { SIGILL, ILL_COPROC, "a coprocessor error" },
  { SIGILL, ILL_BADSTK, "an internal stack error" },
  { 0, SI_USER, "sent by kill()" },
  { 0, SI_TKILL, "sent by raise(), abort() or pthread_kill()" },
  { 0, SI_QUEUE, "sent by sigqueue()" },
  { 0, SI_TIMER, "sent by a timer" },
  { 0, SI_ASYNCIO, "sent by an asynchronous operation" },
  { 0, SI_MESGQ, "sent by a message queue" },
  { 0, SI_KERNEL, "sent by the kernel" },
};

const char *
pctab__signal_cause (int signo, int code)
{
  for (size_t i = 0; i < sizeof causes / sizeof *causes; i++)
    if ((causes[i].signo == signo || !causes[i].signo) && causes[i].code == code)
      return causes[i].text;
  return NULL;
}

const char *
pctab__signal_name (int signo)
{
  switch (signo)
    {
    case SIGSEGV:
      return "SIGSEGV";
    case SIGBUS:
      return "SIGBUS";
    case SIGABRT:
      return "SIGABRT";
    case SIGFPE:
      return "SIGFPE";
    case SIGILL:
      return "SIGILL";
    default:
      return "a signal";
    }
}
