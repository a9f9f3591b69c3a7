/* roofs.h -- how fast this machine multiplies matrices and reads memory: the two limits of section 4.3.1. */
#ifndef CH04_ROOFS_H
#define CH04_ROOFS_H

typedef struct Roofs {
    double flops, flops_bf16; /* operations a second in a large product of matrices */
    double read, update,
        triad;     /* bytes a second: a is summed; a = 2 a + 1; a = b + 3 c (STREAM, McCalpin, 1995) */
    double memory; /* the fastest of the three */
    int threads;
} Roofs;

/* More memory than caches hold. The caller frees it. */
typedef struct Stream Stream;
Stream *stream_new(void);
void stream_free(Stream *s);

/* Reads a part of it, so that a kernel that comes next finds nothing of its own in the caches. */
void stream_through(Stream *s);

/* All threads together, the best of several tries. */
Roofs roofs_measure(Stream *s);

#endif
