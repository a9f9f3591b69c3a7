/* crash.c -- handlers of signals, on a stack of their own, that look up whose memory an address is. */
#include "common/grade/crash.h"

#include "common/base/base.h"
#include "common/grade/heap.h"

#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <ucontext.h>
#include <unistd.h>

enum { STACK_REACH = 128 << 20, NEAR_NULL = 1 << 16, SIGNAL_STACK = 1 << 16 };

static struct {
    const GradeCall *call;
    const char *stack_top;
    Message out;
} crash;

static noreturn void end_with(Complaint code, int piece, long long index, int access)
{
    reply_head(&crash.out, code, piece, index, access);
    message_put_int(&crash.out, 0);
    message_send(JUDGE, &crash.out, clock_seconds() + 1);
    _exit(1);
}

/* Of an address that may not be touched: what it belongs to. */
static noreturn void end_at(const char *address, int access)
{
    size_t size;
    for (int i = 0; i < crash.call->count; i++) {
        const Piece *p = &crash.call->pieces[i];
        if (p->map && address >= p->map && address < p->map + p->map_size) {
            long long bytes = address - (const char *)p->t->data, width = sizeof(float);
            end_with(COMPLAINT_OUTSIDE, i, bytes < 0 ? -((width - 1 - bytes) / width) : bytes / width,
                     access);
        }
    }
    if (heap_around(address, &size))
        end_with(COMPLAINT_HEAP, 0, (long long)size, access);
    if (address < crash.stack_top && address > crash.stack_top - STACK_REACH)
        end_with(COMPLAINT_STACK, 0, 0, access);
    end_with((uintptr_t)address < NEAR_NULL ? COMPLAINT_NULL : COMPLAINT_ADDRESS, 0, 0, access);
}

static void on_signal(int number, siginfo_t *info, void *context)
{
    int access = ACCESS_UNKNOWN;
#ifdef __x86_64__
    access = ((const ucontext_t *)context)->uc_mcontext.gregs[REG_ERR] & 2 ? ACCESS_WRITE : ACCESS_READ;
#else
    (void)context;
#endif
    fflush(stdout);
    if (number == SIGFPE)
        end_with(COMPLAINT_DIVISION, 0, 0, ACCESS_UNKNOWN);
    if (number == SIGILL)
        end_with(COMPLAINT_BOUNDS, 0, 0, ACCESS_UNKNOWN);
    end_at(info->si_addr, access);
}

/* What the compiler's check of a function's stack calls. */
noreturn void __stack_chk_fail(void);
noreturn void __stack_chk_fail(void)
{
    fflush(stdout);
    end_with(COMPLAINT_OWN_ARRAY, 0, 0, ACCESS_WRITE);
}

void crash_catch(const GradeCall *c, const char *stack_top)
{
    static char room[SIGNAL_STACK];
    static const int numbers[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL};
    const stack_t stack = {.ss_sp = room, .ss_size = sizeof room};
    struct sigaction action = {.sa_sigaction = on_signal,
                               .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESETHAND};
    crash.call = c;
    crash.stack_top = stack_top;
    reply_head(&crash.out, COMPLAINT_NONE, 0, 0, ACCESS_UNKNOWN); /* makes room for what a handler says */
    sigaltstack(&stack, NULL);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        sigaction(numbers[i], &action, NULL);
}
