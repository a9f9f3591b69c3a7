/* reply.h -- what a worker may say to the judge: that a call went well, with its outputs, or what is
 * wrong, as a code, the number of an argument or output, and an index. Never text: the
 * worker is the learner's process, and whatever it sends ends up before his eyes. */
#ifndef GRADE_REPLY_H
#define GRADE_REPLY_H

#include "common/grade/message.h"

#include <stdint.h>

/* A piece is an argument or an output, numbered in the order in which the driver takes and makes them. */
typedef enum Complaint {
    COMPLAINT_NONE,
    COMPLAINT_WROTE_BEFORE, /* it wrote to the guards before a piece; index: the first, from its beginning */
    COMPLAINT_WROTE_AFTER,  /* after it */
    COMPLAINT_CHANGED,      /* an argument is not what it was */
    COMPLAINT_UNWRITTEN,    /* an output was not set at that index */
    COMPLAINT_NULL_OUTPUT,  /* NULL was returned */
    COMPLAINT_HEAP_WRITTEN, /* it wrote past the end of memory from malloc; index: how much that is */
    /* From here on the worker ends after it has said so. */
    COMPLAINT_OUTSIDE,   /* it touched what lies around a piece, at that index */
    COMPLAINT_HEAP,      /* around memory from malloc; index: how much that is, in bytes */
    COMPLAINT_STACK,     /* no stack is left */
    COMPLAINT_OWN_ARRAY, /* it wrote over the end of a local array */
    COMPLAINT_BOUNDS,    /* an index outside of an array of its own */
    COMPLAINT_NULL,      /* it followed a null pointer */
    COMPLAINT_ADDRESS,   /* or another that leads nowhere */
    COMPLAINT_DIVISION,  /* an integer division by zero */
    COMPLAINT_COUNT
} Complaint;

enum { ACCESS_READ, ACCESS_WRITE, ACCESS_UNKNOWN };

/* Begins a reply. Behind it come the count of outputs, and these. */
void reply_head(Message *m, Complaint code, int piece, long long index, int access);

/* Numbers that no computation yields, each a NaN: their low bits say what memory they filled. A
 * computation with one of them has it as its result, so that the judge can tell what was read. */
static const uint32_t BITS_MASK = 0x7ffff000, PIECE_MASK = 0xfff;
static const uint32_t GUARD_BITS = 0x7fc5a000;     /* around piece (bits & PIECE_MASK) */
static const uint32_t UNWRITTEN_BITS = 0x7fc0d000; /* in it, if it is an output, at first */
static const uint32_t HEAP_BITS = 0x7fc1b000;      /* in fresh memory from malloc, and around it */

#endif
