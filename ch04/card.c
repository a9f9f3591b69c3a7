/* card.c -- a graphics card as two limits. */
#include "ch04/card.h"

#include "common/base/clock.h"
#include "common/base/cuda.h"

#include <math.h>
#include <stdio.h>

const char *const card_names[] = {"found", "A100", "H100", "H200", "B200", "MI300X", "MI355X", NULL};

/* Data sheets of the makers (Table 4.4). */
static const Card published[] = {{"", 0, 0, 0},
                                 {"NVIDIA A100", 2020, 312e12, 2.04e12},
                                 {"NVIDIA H100", 2022, 989e12, 3.35e12},
                                 {"NVIDIA H200", 2024, 989e12, 4.8e12},
                                 {"NVIDIA B200", 2025, 2250e12, 8e12},
                                 {"AMD MI300X", 2023, 1307e12, 5.3e12},
                                 {"AMD MI355X", 2025, 2517e12, 8e12}};

Card card_published(int i)
{
    return published[i];
}

enum { N = 8192, TRIES = 6, SIZE = 512 << 20, BF16_ONES = 0x3f803f80 };

/* Two operands and a result. */
typedef struct Room {
    uint64_t at[3];
} Room;

static bool room_new(const Cuda *c, Room *room)
{
    for (int i = 0; i < 3; i++)
        room->at[i] = 0;
    for (int i = 0; i < 3; i++) {
        if (c->alloc(&room->at[i], SIZE) != 0 || c->fill(room->at[i], BF16_ONES, SIZE / 4) != 0)
            return false;
    }
    return true;
}

static void room_free(const Cuda *c, const Room *room)
{
    for (int i = 0; i < 3; i++) {
        if (room->at[i])
            c->free(room->at[i]);
    }
}

/* The first try loads the kernel and does not count. */
static bool measure_products(const Cuda *c, const Cublas *b, const Room *room, double *flops)
{
    const float one = 1, zero = 0;
    void *handle = NULL;
    bool good = b->gemm && b->create(&handle) == 0;
    *flops = 0;
    for (int i = 0; i < TRIES && good; i++) {
        double start = clock_seconds();
        good = b->gemm(handle, 0, 0, N, N, N, &one, room->at[0], CUBLAS_BF16, N, room->at[1], CUBLAS_BF16,
                       N, &zero, room->at[2], CUBLAS_BF16, N, CUBLAS_SUM_F32, CUBLAS_ANY_WAY) == 0 &&
               c->wait() == 0;
        double speed = 2.0 * N * N * N / (clock_seconds() - start);
        *flops = i > 0 ? fmax(*flops, speed) : 0;
    }
    if (handle)
        b->destroy(handle);
    return good;
}

/* A copy reads and writes each byte. */
static bool measure_memory(const Cuda *c, const Room *room, double *memory)
{
    bool good = true;
    *memory = 0;
    for (int i = 0; i < TRIES && good; i++) {
        double start = clock_seconds();
        good = c->copy(room->at[1], room->at[0], SIZE) == 0 && c->wait() == 0;
        double speed = 2.0 * SIZE / (clock_seconds() - start);
        *memory = i > 0 ? fmax(*memory, speed) : 0;
    }
    return good;
}

static bool measure_in_context(const Cuda *c, const Cublas *b, Card *card, char *why, size_t size)
{
    Room room;
    const char *failed = !room_new(c, &room)                            ? "its memory"
                         : !measure_products(c, b, &room, &card->flops) ? "a product of bfloat16"
                         : !measure_memory(c, &room, &card->memory)     ? "a copy"
                                                                        : NULL;
    room_free(c, &room);
    if (failed)
        snprintf(why, size, "%s: %s fails", card->name, failed);
    return !failed;
}

bool card_measure(Card *card, char *why, size_t size)
{
    Cuda c;
    Cublas b;
    int cards = 0, device;
    void *context;
    *card = (Card){"", 0, 0, 0};
    if (!cuda_open(&c, &cards, why, size))
        return false;
    snprintf(why, size, "the driver lists no card");
    if (cards == 0 || c.device(&device, 0) != 0 || c.name(card->name, sizeof card->name, device) != 0)
        return false;
    card->name[sizeof card->name - 1] = '\0';
    snprintf(why, size, "%s: no cuBLAS (libcublas.so)", card->name);
    if (!cublas_open(&b))
        return false;
    snprintf(why, size, "%s: the driver gives no context", card->name);
    if (c.retain(&context, device) != 0)
        return false;
    bool good = c.use(context) == 0 && measure_in_context(&c, &b, card, why, size);
    c.release(device);
    return good;
}
