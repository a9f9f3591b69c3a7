/* message.c -- items as a kind, a count and the bytes, in the order of this machine. */
#include "common/grade/message.h"

#include "common/base/base.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum Kind {
    KIND_TEXT = 0x74786574,
    KIND_INT = 0x20746e69,
    KIND_FLOAT = 0x616f6c66,
    KIND_INTS = 0x73746e69,
    KIND_TENSOR = 0x736e6574
};

void message_clear(Message *m)
{
    m->size = m->at = 0;
    m->bad = false;
}

void message_free(Message *m)
{
    free(m->bytes);
    *m = (Message){0};
}

/* ---- writing -------------------------------------------------------------------------------------- */

static void make_room(Message *m, size_t size)
{
    if (size <= m->capacity)
        return;
    m->capacity = size + size / 2 + 4096;
    m->bytes = memory_resize(m->bytes, m->capacity);
}

static void put(Message *m, const void *data, size_t size)
{
    make_room(m, m->size + size);
    if (size)
        memcpy(m->bytes + m->size, data, size);
    m->size += size;
}

static void put_head(Message *m, enum Kind kind, int count)
{
    const int head[2] = {(int)kind, count};
    put(m, head, sizeof head);
}

void message_put_text(Message *m, const char *text)
{
    int length = (int)strnlen(text, MESSAGE_TEXT - 1);
    put_head(m, KIND_TEXT, length);
    put(m, text, (size_t)length);
}

void message_put_int(Message *m, int value)
{
    put_head(m, KIND_INT, 1);
    put(m, &value, sizeof value);
}

void message_put_float(Message *m, float value)
{
    put_head(m, KIND_FLOAT, 1);
    put(m, &value, sizeof value);
}

void message_put_ints(Message *m, const int *values, int count)
{
    put_head(m, KIND_INTS, count);
    put(m, values, (size_t)count * sizeof *values);
}

void message_put_tensor(Message *m, const Tensor *t)
{
    put_head(m, KIND_TENSOR, t->rank);
    put(m, t->shape, (size_t)t->rank * sizeof *t->shape);
    put(m, t->data, t->size * sizeof *t->data);
}

/* ---- reading -------------------------------------------------------------------------------------- */

static bool get(Message *m, void *data, size_t size)
{
    if (m->bad || size > m->size - m->at) {
        m->bad = true;
        return false;
    }
    if (size)
        memcpy(data, m->bytes + m->at, size);
    m->at += size;
    return true;
}

/* The count of the next item, which must be of that kind and lie within [0, most]; -1 when bad. */
static int get_head(Message *m, enum Kind kind, int most)
{
    int head[2];
    if (!get(m, head, sizeof head) || head[0] != (int)kind || head[1] < 0 || head[1] > most) {
        m->bad = true;
        return -1;
    }
    return head[1];
}

char message_kind(const Message *m)
{
    int kind;
    if (m->bad || m->size - m->at < sizeof kind)
        return 0;
    memcpy(&kind, m->bytes + m->at, sizeof kind);
    switch (kind) {
    case KIND_TEXT:
        return 's';
    case KIND_INT:
        return 'i';
    case KIND_FLOAT:
        return 'f';
    case KIND_INTS:
        return 'v';
    case KIND_TENSOR:
        return 't';
    default:
        return 0;
    }
}

void message_text(Message *m, char text[MESSAGE_TEXT])
{
    int length = get_head(m, KIND_TEXT, MESSAGE_TEXT - 1);
    bool good = length >= 0 && get(m, text, (size_t)length);
    text[good ? length : 0] = '\0';
}

int message_int(Message *m)
{
    int value;
    return get_head(m, KIND_INT, 1) == 1 && get(m, &value, sizeof value) ? value : 0;
}

float message_float(Message *m)
{
    float value;
    return get_head(m, KIND_FLOAT, 1) == 1 && get(m, &value, sizeof value) ? value : 0;
}

int *message_ints(Message *m, Arena *arena, int *count)
{
    *count = get_head(m, KIND_INTS, MESSAGE_MOST / (int)sizeof(int));
    if (*count < 0 || (size_t)*count * sizeof(int) > m->size - m->at) {
        m->bad = true;
        *count = 0;
        return NULL;
    }
    int *values = arena_alloc(arena, ((size_t)*count + 1) * sizeof *values);
    get(m, values, (size_t)*count * sizeof *values);
    return values;
}

/* Sizes that are positive and whose product fits into what is left of the message. */
static bool get_shape(Message *m, int rank, int *shape)
{
    size_t size = sizeof(float), left;
    if (rank < 0 || !get(m, shape, (size_t)rank * sizeof *shape))
        return false;
    left = m->size - m->at;
    for (int i = 0; i < rank; i++) {
        if (shape[i] < 1 || (size_t)shape[i] > left / size)
            return false;
        size *= (size_t)shape[i];
    }
    return size <= left;
}

Tensor *message_tensor(Message *m, Arena *arena)
{
    int shape[TENSOR_MAX_RANK] = {0}, rank = get_head(m, KIND_TENSOR, TENSOR_MAX_RANK);
    if (!get_shape(m, rank, shape)) {
        m->bad = true;
        return NULL;
    }
    Tensor *t = tensor_make(arena, rank, shape);
    get(m, t->data, t->size * sizeof(float));
    return t;
}

/* ---- the wire ------------------------------------------------------------------------------------- */

static bool wait_for(int socket, short what, double deadline)
{
    double left = deadline - clock_seconds();
    struct pollfd p = {.fd = socket, .events = what};
    if (!(left > 0))
        return false;
    int ready = poll(&p, 1, left > 3600 ? -1 : (int)(left * 1000) + 1);
    return ready > 0 || (ready < 0 && errno == EINTR);
}

static bool move(int socket, unsigned char *bytes, size_t size, bool out, double deadline)
{
    while (size) {
        ssize_t n = out ? send(socket, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT)
                        : recv(socket, bytes, size, MSG_DONTWAIT);
        if (n > 0) {
            bytes += n;
            size -= (size_t)n;
        } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
            return false;
        } else if (!wait_for(socket, out ? POLLOUT : POLLIN, deadline)) {
            return false;
        }
    }
    return true;
}

bool message_send(int socket, const Message *m, double deadline)
{
    unsigned size = (unsigned)m->size;
    return m->size <= MESSAGE_MOST && move(socket, (unsigned char *)&size, sizeof size, true, deadline) &&
           move(socket, m->bytes, m->size, true, deadline);
}

bool message_receive(int socket, Message *m, double deadline)
{
    unsigned size;
    message_clear(m);
    if (!move(socket, (unsigned char *)&size, sizeof size, false, deadline) || size > MESSAGE_MOST)
        return false;
    make_room(m, size);
    m->size = size;
    return move(socket, m->bytes, size, false, deadline);
}
