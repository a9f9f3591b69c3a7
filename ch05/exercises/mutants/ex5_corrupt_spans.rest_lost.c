/* Wrong on purpose: what comes after the last span is lost. */
#include "ch05/exercises/exercises.h"

void corrupt_spans(const int *text, int count, const Spans *spans, int sentinel, int end, int room,
                   int *input /* (room) */, int *target /* (room) */)
{
    int at = 0, read = 0, written = 0; /* how far text, input and target are */
    for (int i = 0; i < spans->count; i++) {
        while (at < spans->start[i])
            input[read++] = text[at++];
        input[read++] = sentinel + i;
        target[written++] = sentinel + i;
        while (at < spans->start[i] + spans->length[i])
            target[written++] = text[at++];
    }
    input[read++] = end;
    target[written++] = end;
    while (read < room)
        input[read++] = PAD;
    while (written < room)
        target[written++] = PAD;
}
