/* worker.c -- the process in which the learner's code runs.
 *
 * It reads calls from descriptor 3, runs the driver of that name, and sends the
 * outputs back. Before the first call it gives up what it no longer needs: the
 * root user, and every system call but those that computing takes (confine.c).
 * Nothing that it says is believed beyond "these are my outputs". */
#include "common/base/base.h"
#include "common/grade/call.h"
#include "common/grade/confine.h"
#include "common/grade/heap.h"
#include "common/grade/reply.h"

#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

enum {
    JUDGE = 3,
    STACK_REACH = 128 << 20,
    NEAR_NULL = 1 << 16,
    SIGNAL_STACK = 1 << 16,
    POISONED = 1 << 20
};

static GradeCall call;
static Message out;
static char *stack_top;

/* ---- what went wrong, as a code ------------------------------------------------------------------------ */

/* The head of a reply. What follows is the count of outputs, and these. */
static void put_head(Complaint code, int piece, long long index, int access)
{
    int near = index > INT32_MAX ? INT32_MAX : index < INT32_MIN ? INT32_MIN : (int)index;
    message_clear(&out);
    message_put_int(&out, (int)code);
    message_put_int(&out, piece);
    message_put_int(&out, near);
    message_put_int(&out, access);
}

static void complain(Complaint code, int piece, long long index, int access)
{
    put_head(code, piece, index, access);
    message_put_int(&out, 0);
}

static bool is_bits(const float *at, uint32_t bits)
{
    return memcmp(at, &bits, sizeof bits) == 0;
}

/* The first place around a piece that does not hold its guard: before it (negative), or behind. */
static bool guard_broken(const Piece *p, uint32_t bits, long long *index)
{
    const float *begin = p->t->data, *end = begin + p->t->size;
    for (const float *at = begin - 1; !call.begins_at_border && at >= begin - 256; at--) {
        *index = at - begin;
        if (!is_bits(at, bits))
            return true;
    }
    for (const float *at = end; call.begins_at_border && at < end + 256; at++) {
        *index = at - begin;
        if (!is_bits(at, bits))
            return true;
    }
    return false;
}

static bool unwritten(const Piece *p, uint32_t bits, long long *index)
{
    for (size_t i = 0; i < p->t->size; i++) {
        *index = (long long)i;
        if (is_bits(p->t->data + i, bits))
            return true;
    }
    return false;
}

/* Complains about a piece; false if there is nothing to complain of. */
static bool complains_of(int number)
{
    const Piece *p = &call.pieces[number];
    uint32_t low = (uint32_t)number;
    long long index = 0;
    if (p->kind == PIECE_NUMBER)
        return false;
    if (!p->t)
        complain(COMPLAINT_NULL_OUTPUT, number, 0, ACCESS_UNKNOWN);
    else if (p->kind == PIECE_RETURNED)
        return false;
    else if (guard_broken(p, GUARD_BITS | low, &index))
        complain(index < 0 ? COMPLAINT_WROTE_BEFORE : COMPLAINT_WROTE_BEHIND, number, index, ACCESS_WRITE);
    else if (p->kind == PIECE_ARGUMENT && memcmp(p->t->data, p->copy, p->t->size * sizeof(float)) != 0)
        complain(COMPLAINT_CHANGED, number, 0, ACCESS_WRITE);
    else if (p->kind != PIECE_ARGUMENT && unwritten(p, UNWRITTEN_BITS | low, &index))
        complain(COMPLAINT_UNWRITTEN, number, index, ACCESS_UNKNOWN);
    else
        return false;
    return true;
}

/* ---- the end of the worker ------------------------------------------------------------------------------ */

static noreturn void end_with(Complaint code, int piece, long long index, int access)
{
    complain(code, piece, index, access);
    message_send(JUDGE, &out, clock_seconds() + 1);
    _exit(1);
}

/* Of an address that may not be touched: what it belongs to. */
static noreturn void end_at(const char *address, int access)
{
    size_t size;
    for (int i = 0; i < call.count; i++) {
        const Piece *p = &call.pieces[i];
        if (p->map && address >= p->map && address < p->map + p->map_size) {
            long long bytes = address - (const char *)p->t->data, width = sizeof(float);
            end_with(COMPLAINT_OUTSIDE, i, bytes < 0 ? -((width - 1 - bytes) / width) : bytes / width,
                     access);
        }
    }
    if (heap_around(address, &size))
        end_with(COMPLAINT_HEAP, 0, (long long)size, access);
    if (address < stack_top && address > stack_top - STACK_REACH)
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

static void catch_signals(void)
{
    static char room[SIGNAL_STACK];
    static const int numbers[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL};
    const stack_t stack = {.ss_sp = room, .ss_size = sizeof room};
    struct sigaction action = {.sa_sigaction = on_signal,
                               .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESETHAND};
    sigaltstack(&stack, NULL);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        sigaction(numbers[i], &action, NULL);
}

/* ---- calls ---------------------------------------------------------------------------------------------- */

static void ints_to_floats(Tensor *t)
{
    for (size_t i = 0; i < t->size; i++) {
        int value;
        memcpy(&value, t->data + i, sizeof value);
        t->data[i] = (float)value;
    }
}

/* The reply: a complaint, or none and the outputs. */
static void answer(void)
{
    size_t size;
    int outputs = 0;
    for (int i = 0; i < call.count; i++) {
        if (complains_of(i))
            return;
        outputs += piece_is_output(&call.pieces[i]);
    }
    if (heap_written(&size)) {
        complain(COMPLAINT_HEAP_WRITTEN, 0, (long long)size, ACCESS_WRITE);
        return;
    }
    put_head(COMPLAINT_NONE, 0, 0, ACCESS_UNKNOWN);
    message_put_int(&out, outputs);
    for (int i = 0; i < call.count; i++) {
        const Piece *p = &call.pieces[i];
        if (p->kind == PIECE_INTS)
            ints_to_floats(p->t);
        if (piece_is_output(p))
            message_put_tensor(&out, p->t);
    }
}

/* Local variables that the learner does not set hold what stood there before: let it be no number. */
static __attribute__((noinline)) void poison_stack(void)
{
    volatile uint32_t room[POISONED / sizeof(uint32_t)];
    for (size_t i = 0; i < sizeof room / sizeof *room; i++)
        room[i] = HEAP_BITS;
}

/* Takes the place of the functions that the chapter's other exercises ask for (others.ld). */
void grade_other_exercise(void);
void grade_other_exercise(void)
{
    FATAL("a driver calls the function of another exercise");
}

int main(void)
{
    char top, name[MESSAGE_TEXT];
    call.arena = arena_new();
    stack_top = &top;
    setvbuf(stdout, NULL, _IOLBF, 4096);
    complain(COMPLAINT_NONE, 0, 0, ACCESS_UNKNOWN); /* makes room for those that come from a handler */
    catch_signals();
    confine();
    if (!message_send(JUDGE, &out, clock_seconds() + 1e6)) /* ready */
        return 1;
    while (message_receive(JUDGE, &call.in, clock_seconds() + 1e6)) {
        message_text(&call.in, name);
        call.begins_at_border = message_int(&call.in);
        poison_stack();
        heap_guard(true);
        call_run(&call, name);
        heap_guard(false);
        answer();
        fflush(stdout);
        if (!message_send(JUDGE, &out, clock_seconds() + 1e6))
            return 1;
        call_end(&call);
    }
    return 0;
}
