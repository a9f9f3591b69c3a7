/* worker.c -- the process in which the learner's code runs.
 *
 * It reads calls from descriptor 3, runs the driver of that name, and sends the
 * outputs back. Before the first call it gives up what it no longer needs: the
 * root user, and every system call but those that computing takes (confine.c).
 * Nothing that it says is believed beyond "these are my outputs". */
#include "common/base/base.h"
#include "common/grade/call.h"
#include "common/grade/confine.h"
#include "common/grade/crash.h"
#include "common/grade/heap.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { POISONED = 1 << 20 };

static GradeCall call;
static Message out;

/* ---- what went wrong, as a code ------------------------------------------------------------------------ */

static void complain(Complaint code, int piece, long long index, int access)
{
    reply_head(&out, code, piece, index, access);
    message_put_int(&out, 0);
}

static bool unwritten(const Piece *p, uint32_t bits, long long *index)
{
    for (size_t i = 0; i < p->t->size; i++) {
        *index = (long long)i;
        if (memcmp(p->t->data + i, &bits, sizeof bits) == 0)
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
    else if (piece_broken(&call, number, &index))
        complain(index < 0 ? COMPLAINT_WROTE_BEFORE : COMPLAINT_WROTE_AFTER, number, index, ACCESS_WRITE);
    else if (p->kind == PIECE_ARGUMENT && memcmp(p->t->data, p->copy, p->t->size * sizeof(float)) != 0)
        complain(COMPLAINT_CHANGED, number, 0, ACCESS_WRITE);
    else if (p->kind != PIECE_ARGUMENT && unwritten(p, UNWRITTEN_BITS | low, &index))
        complain(COMPLAINT_UNWRITTEN, number, index, ACCESS_UNKNOWN);
    else
        return false;
    return true;
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
    reply_head(&out, COMPLAINT_NONE, 0, 0, ACCESS_UNKNOWN);
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
    char name[MESSAGE_TEXT];
    const Message ready = {.bytes = NULL};
    call.arena = arena_new();
    setvbuf(stdout, NULL, _IOLBF, 4096);
    crash_catch(&call, name);
    confine();
    if (!message_send(JUDGE, &ready, clock_seconds() + 1e6))
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
