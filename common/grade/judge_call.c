/* judge_call.c -- starts workers in the sandbox, hands them calls, and believes nothing that comes back. */
#include "common/grade/judge_call.h"

#include "common/base/base.h"
#include "common/grade/call.h"
#include "common/grade/reply.h"
#include "common/grade/sandbox.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

enum {
    MOST_OUTPUTS = 64,
    MOST_PRINTED = 1 << 20,
    START_SECONDS = 90,
    ENDING_SECONDS = 30,
    PATIENCE = 4,
    LONG = 256
};

static struct {
    CallSettings settings;
    Arena *arena;
    GradeCall rehearsal; /* of the last call */
    Message out, in;
    Tensor *outputs[MOST_OUTPUTS];
    int output_count;
    double waited; /* for answers, in all calls */
    bool over;     /* no other test can run */
    pid_t worker;
    int socket;
} calls = {.socket = -1};

/* ---- the worker ------------------------------------------------------------------------------------ */

/* Processor time of all workers that have ended. */
static double seconds_used(void)
{
    struct rusage r;
    getrusage(RUSAGE_CHILDREN, &r);
    return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) +
           1e-6 * (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec);
}

static double seconds_left(void)
{
    return (double)calls.settings.seconds - seconds_used();
}

/* Processes of the sandbox that its first one left behind become children of this one (a subreaper): their
 * processor time counts, too. */
static void wait_for_orphans(void)
{
    const struct timespec pause = {0, 1000000};
    int status;
    for (int tries = 0; tries < 1000 && waitpid(-1, &status, WNOHANG) >= 0; tries++)
        nanosleep(&pause, NULL);
}

static void forget_worker(void)
{
    if (calls.worker > 0)
        sandbox_remove_trace(calls.worker);
    wait_for_orphans();
    if (calls.socket >= 0)
        close(calls.socket);
    calls.worker = 0;
    calls.socket = -1;
}

static void end_worker(void)
{
    sandbox_end(calls.worker);
    forget_worker();
}

static noreturn void out_of_time(void)
{
    calls.over = true;
    judge_verdict("time-out", "a loop that does not end?", "no answer within %g s",
                  (double)calls.settings.seconds);
}

/* The worker was never ready. It is late, or ended; where another program starts in the same sandbox, that it
 * ended is the learner's doing. */
static noreturn void did_not_start(const Sandbox *box, bool late)
{
    end_worker();
    if (late) {
        calls.over = true;
        judge_verdict("time-out", "a machine that has no time for it?",
                      "the program does not start within %d s", START_SECONDS);
    }
    if (!sandbox_works(box))
        error_exitf("the worker did not start in the sandbox (%s)", sandbox_name(box->tier));
    calls.over = true;
    judge_verdict("crash", "static arrays that are too large?",
                  "the program does not start: there is no room for its memory");
}

static void start_worker(void)
{
    int ends[2];
    char work[4096];
    const CallSettings *s = &calls.settings;
    if (seconds_left() <= 0)
        out_of_time();
    FILE *printed = fopen(s->printed, "ab");
    if (!printed || socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
        error_exitf("cannot start a worker");
    snprintf(work, sizeof work, "%s", s->worker);
    *strrchr(work, '/') = '\0';
    const Sandbox box = {.tier = (SandboxTier)s->tier,
                         .work = work,
                         .hidden = {s->root, s->build},
                         .cpu_seconds = (int)ceil(seconds_left()),
                         .memory = (size_t)2 << 30,
                         .file_size = MOST_PRINTED,
                         .output = fileno(printed),
                         .channel = ends[1],
                         .may_change_user = true};
    char *const argv[] = {(char *)s->worker, NULL};
    calls.worker = sandbox_start(&box, argv);
    calls.socket = ends[0];
    close(ends[1]);
    fclose(printed);
    double deadline = clock_seconds() + START_SECONDS;
    if (calls.worker < 0 || !message_receive(calls.socket, &calls.in, deadline))
        did_not_start(&box, calls.worker > 0 && clock_seconds() >= deadline);
}

void calls_begin(const CallSettings *s, Arena *arena)
{
    calls.settings = *s;
    calls.arena = arena;
    calls.rehearsal.arena = arena_new();
#ifdef __linux__
    prctl(PR_SET_CHILD_SUBREAPER, 1);
#endif
}

void calls_end(void)
{
    end_worker();
}

bool call_keep(const char *path)
{
    FileWriter *w = calls.out.size ? file_create(path, NULL) : NULL;
    if (w)
        file_write(w, calls.out.bytes, calls.out.size);
    return w && file_commit(w, NULL);
}

bool calls_go_on(void)
{
    calls.output_count = 0;
    message_clear(&calls.out);
    return !calls.over;
}

/* ---- no answer ------------------------------------------------------------------------------------------ */

static const char *signal_text(int number)
{
    switch (number) {
    case 11: /* SIGSEGV and SIGBUS, by the numbers that 128 + n carries */
    case 7:
        return "crash: a read or write outside of memory (segmentation fault)";
    case 6:
        return "crash: it aborted; what it printed says why";
    case 25:
        return "it printed more than 1 MB";
    case 31:
        return "it asked the system for something that an exercise may not do";
    default:
        return "it was ended from outside";
    }
}

/* The worker did not answer: it is late, or it is gone. */
static noreturn void no_answer(double deadline)
{
    enum { KILLED = 128 + 9 };
    bool late = clock_seconds() >= deadline;
    int status = late ? SANDBOX_LATE : sandbox_wait(calls.worker, clock_seconds() + ENDING_SECONDS);
    if (late)
        end_worker();
    else
        forget_worker();
    if (status == SANDBOX_LATE || (status == KILLED && seconds_left() < 0.5))
        out_of_time();
    if (status > 128)
        judge_verdict("crash", "", "%s", signal_text(status - 128));
    judge_verdict("crash", "", "it ended the program (status %d) instead of returning", status);
}

/* ---- what a complaint means ----------------------------------------------------------------------------- */

void call_index_text(char *text, size_t room, const char *name, const Tensor *t, size_t at)
{
    int index[TENSOR_MAX_RANK], length = snprintf(text, room, "%s", name);
    for (int d = t->rank - 1; d >= 0; d--) {
        index[d] = (int)(at % (size_t)t->shape[d]);
        at /= (size_t)t->shape[d];
    }
    for (int d = 0; d < t->rank && length < (int)room; d++)
        length += snprintf(text + length, room - (size_t)length, "[%d]", index[d]);
}

static const char *verb_of(int access)
{
    return access == ACCESS_READ ? "reads" : access == ACCESS_WRITE ? "writes to" : "touches";
}

/* The piece of that number, if it is one that has numbers. */
static const Piece *piece_at(int number)
{
    const GradeCall *c = &calls.rehearsal;
    return number >= 0 && number < c->count && c->pieces[number].t ? &c->pieces[number] : NULL;
}

static noreturn void touched_outside(const char *outcome, const Piece *p, int index, int access)
{
    char shape[TENSOR_SHAPE_TEXT];
    tensor_shape_text(p->t, shape);
    if (index < 0)
        judge_verdict(outcome, "an index below 0?", "it %s %s[%d], before the beginning of %s",
                      verb_of(access), p->name, index, p->name);
    judge_verdict(outcome, "a loop that goes too far (<= for <), or an index with the wrong width?",
                  "it %s %s[%d], past the end: %s is %s, and its last index is %d", verb_of(access),
                  p->name, index, p->name, shape, (int)p->t->size - 1);
}

static noreturn void wrong_with_piece(Complaint code, const Piece *p, int index, int access)
{
    char where[LONG];
    switch (code) {
    case COMPLAINT_CHANGED:
        judge_verdict("wrong", "", "it changes its argument %s", p->name);
    case COMPLAINT_UNWRITTEN:
        call_index_text(where, sizeof where, p->name, p->t,
                        index >= 0 && (size_t)index < p->t->size ? (size_t)index : 0);
        judge_verdict("wrong", "a loop that stops too early, or += without setting it to 0 first?",
                      "it never sets %s, or only adds to it", where);
    default:
        touched_outside(code == COMPLAINT_OUTSIDE ? "crash" : "wrong", p, index, access);
    }
}

static noreturn void wrong_with_memory(Complaint code, int index, int access)
{
    switch (code) {
    case COMPLAINT_NULL_OUTPUT:
        judge_verdict("wrong", "", "it returned NULL");
    case COMPLAINT_HEAP_WRITTEN:
        judge_verdict("wrong", "an index that goes too far, or malloc without * sizeof(float)?",
                      "it writes past the end of memory from malloc (size %d)", index);
    case COMPLAINT_HEAP:
        judge_verdict("crash", "an index that goes too far, or malloc without * sizeof(float)?",
                      "it %s what lies outside of memory from malloc (size %d)", verb_of(access), index);
    case COMPLAINT_STACK:
        judge_verdict("crash", "a function that calls itself without end, or a local array of megabytes?",
                      "crash: the stack is full");
    case COMPLAINT_OWN_ARRAY:
    case COMPLAINT_BOUNDS:
        judge_verdict("crash", "is it large enough for every size that the function may be called with?",
                      "crash: an index outside of an array of the function's own");
    case COMPLAINT_NULL:
        judge_verdict("crash", "malloc that failed, or a pointer that was never set?",
                      "crash: it %s memory through a null pointer", verb_of(access));
    case COMPLAINT_DIVISION:
        judge_verdict("crash", "", "crash: an integer division by zero");
    default:
        judge_verdict("crash", "an index that is far outside, or a pointer that was never set?",
                      "crash: it %s memory that is not there (segmentation fault)", verb_of(access));
    }
}

static const char *const UNREADABLE =
    "the answer cannot be read: did the function write over memory that is not its own?";

/* Whether an index lies in a piece or in what is around it (call.h): else the worker did not find it there. */
static bool is_near(const Piece *p, int index)
{
    enum { AROUND = CALL_BORDER / (int)sizeof(float) + 4096 };
    return index >= -AROUND && index < (int)p->t->size + AROUND;
}

/* A reply that says what is wrong. Its numbers are the worker's, and so the learner's. */
static noreturn void heed(int code, int piece, int index, int access)
{
    bool of_piece = code == COMPLAINT_WROTE_BEFORE || code == COMPLAINT_WROTE_AFTER ||
                    code == COMPLAINT_CHANGED || code == COMPLAINT_UNWRITTEN || code == COMPLAINT_OUTSIDE;
    const Piece *p = piece_at(piece);
    if (code >= COMPLAINT_OUTSIDE)
        end_worker();
    if (code < 0 || code >= COMPLAINT_COUNT || (of_piece && !(p && is_near(p, index))))
        judge_verdict("wrong", "", "%s", UNREADABLE);
    if (of_piece)
        wrong_with_piece((Complaint)code, p, index, access);
    wrong_with_memory((Complaint)code, index, access);
}

const char *call_cause_of(float number)
{
    static char cause[LONG];
    uint32_t bits;
    memcpy(&bits, &number, sizeof bits);
    const Piece *p = piece_at((int)(bits & PIECE_MASK));
    if ((bits & BITS_MASK) == HEAP_BITS)
        return "NaN: a variable, or memory from malloc, that was used before it was set";
    if (p && (bits & BITS_MASK) == GUARD_BITS)
        snprintf(cause, sizeof cause, "NaN: it was read from outside of %s", p->name);
    else if (p && (bits & BITS_MASK) == UNWRITTEN_BITS)
        snprintf(cause, sizeof cause, "NaN: %s was read before it was set; += needs a 0 to begin with",
                 p->name);
    else
        return NULL;
    return cause;
}

/* ---- the call ------------------------------------------------------------------------------------------- */

/* Takes the place of every exercise's function (others.ld), in the judge alone: it does nothing. */
void *grade_other_exercise(void);
void *grade_other_exercise(void)
{
    return NULL;
}

static void rehearse(const char *name)
{
    GradeCall *c = &calls.rehearsal;
    call_end(c);
    c->in = calls.out; /* to be read only; the bytes stay the message's */
    c->in.at = 0;
    char again[MESSAGE_TEXT];
    message_text(&c->in, again);
    c->begins_at_border = message_int(&c->in);
    call_run(c, name);
}

/* Whether the outputs are those that the driver makes. What the function returns may have any shape. */
static bool outputs_fit(void)
{
    const GradeCall *c = &calls.rehearsal;
    int n = 0;
    bool more = false;
    for (int i = 0; i < c->count; i++) {
        const Piece *p = &c->pieces[i];
        if (!piece_is_output(p))
            continue;
        if (n >= calls.output_count || (p->t && !tensor_same_shape(p->t, calls.outputs[n])))
            return false;
        more = more || !p->t; /* the driver gives more when it gets something */
        n++;
    }
    return n == calls.output_count || more;
}

/* Nothing of the reply is believed: it comes from the process that the learner's code is in. */
static void read_reply(void)
{
    Message *m = &calls.in;
    int code = message_int(m), piece = message_int(m), index = message_int(m), access = message_int(m);
    int count = message_int(m);
    if (!m->bad && code != COMPLAINT_NONE)
        heed(code, piece, index, access);
    m->bad = m->bad || count < 0 || count > MOST_OUTPUTS;
    for (int i = 0; i < count && !m->bad; i++)
        calls.outputs[i] = message_tensor(m, calls.arena);
    calls.output_count = m->bad ? 0 : count;
    if (m->bad || m->at != m->size || !outputs_fit()) {
        calls.output_count = 0;
        judge_verdict("wrong", "", "%s", UNREADABLE);
    }
}

static void put_args(Message *m, const GradeArg *args)
{
    for (const GradeArg *a = args; a->kind != GRADE_END; a++) {
        if (a->kind == GRADE_TENSOR)
            message_put_tensor(m, a->tensor);
        else if (a->kind == GRADE_INT)
            message_put_int(m, a->whole);
        else if (a->kind == GRADE_FLOAT)
            message_put_float(m, a->number);
        else
            message_put_ints(m, a->ints, a->whole);
    }
}

/* Makes one of the two calls (call.h). */
static void make_call(const char *name, const GradeArg *args, bool begins_at_border)
{
    calls.output_count = 0;
    message_clear(&calls.out);
    message_put_text(&calls.out, name);
    message_put_int(&calls.out, begins_at_border);
    put_args(&calls.out, args);
    rehearse(name);
    if (calls.socket < 0)
        start_worker();
    double start = clock_seconds(),
           deadline = start + PATIENCE * (double)calls.settings.seconds - calls.waited;
    if (!message_send(calls.socket, &calls.out, deadline) ||
        !message_receive(calls.socket, &calls.in, deadline))
        no_answer(deadline);
    calls.waited += clock_seconds() - start;
    read_reply();
}

/* The second call is for what lies outside of its pieces: its outputs are those of the first, and what it prints
 * is forgotten. */
Tensor *grade_call_with(const char *name, const GradeArg *args)
{
    struct stat printed;
    make_call(name, args, false);
    bool known = stat(calls.settings.printed, &printed) == 0;
    make_call(name, args, true);
    if (known && truncate(calls.settings.printed, printed.st_size) != 0)
        error_exitf("%s: cannot be cut", calls.settings.printed);
    return grade_output(0);
}

Tensor *grade_output(int i)
{
    if (i < 0 || i >= calls.output_count)
        judge_verdict("wrong", "", "output %d is missing", i + 1);
    return calls.outputs[i];
}
