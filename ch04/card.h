/* card.h -- a graphics card as two limits, those of section 4.3.1: measured where there is one, else as its maker
 * states them. */
#ifndef CH04_CARD_H
#define CH04_CARD_H

#include <stdbool.h>
#include <stddef.h>

typedef struct Card {
    char name[128];
    int year;      /* of the published figures; 0: measured */
    double flops;  /* operations a second in products of bfloat16 */
    double memory; /* bytes a second */
} Card;

/* Published cards, and in front of them what --card means by default. Ends with NULL. */
extern const char *const card_names[];
enum { CARD_FOUND, CARD_H100 = 2 };

/* The published figures of card_names[i], i > 0; of dense products, without sparsity. */
Card card_published(int i);

/* NVIDIA's first card: the best of five products of 8192 x 8192 and of five copies of 512 MB. False, and `why` (room)
 * says it in words, where there is no card, no cuBLAS, or one of them fails. */
bool card_measure(Card *card, char *why, size_t room);

#endif
