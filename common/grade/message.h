/* message.h -- what the judge and the worker say to each other over a socket.
 *
 * A message is a list of items: text, whole numbers, numbers, tensors. Its
 * reader believes nothing: a size that does not fit, an item of another kind
 * or a shape out of bounds marks the message bad, and from then on every
 * reading function returns a harmless value. */
#ifndef GRADE_MESSAGE_H
#define GRADE_MESSAGE_H

#include "common/tensor/tensor.h"

typedef struct Message {
    unsigned char *bytes;
    size_t size, capacity;
    size_t at; /* how far it has been read */
    bool bad;  /* it did not hold what was asked of it */
} Message;

enum { MESSAGE_MOST = 64 << 20, MESSAGE_TEXT = 256 }; /* bytes of a message; of a text in it */

void message_clear(Message *m); /* empty again; keeps its memory */
void message_free(Message *m);

void message_put_text(Message *m, const char *text); /* cut at MESSAGE_TEXT - 1 bytes */
void message_put_int(Message *m, int value);
void message_put_float(Message *m, float value);
void message_put_ints(Message *m, const int *values, int count);
void message_put_tensor(Message *m, const Tensor *t);

/* What comes next: 's' text, 'i' a whole number, 'f' a number, 'v' whole numbers, 't' a tensor; 0 if nothing does. */
char message_kind(const Message *m);

void message_text(Message *m, char text[MESSAGE_TEXT]);
int message_int(Message *m);
float message_float(Message *m);
int *message_ints(Message *m, Arena *arena, int *count); /* NULL when bad */
Tensor *message_tensor(Message *m, Arena *arena);        /* NULL when bad */

/* Whole messages over a stream socket; false when the other side is gone, when
 * clock_seconds() passes the deadline, or when the size is beyond MESSAGE_MOST. */
bool message_send(int socket, const Message *m, double deadline);
bool message_receive(int socket, Message *m, double deadline);

#endif
