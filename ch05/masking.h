/* masking.h -- what BERT hides from itself, section 5.2.1 (Devlin et al., 2019, 3.1). */
#ifndef CH05_MASKING_H
#define CH05_MASKING_H

#include "common/base/rng.h"

enum { MASK_IGNORE = -1 }; /* the label of a position that the loss does not count */

typedef enum MaskKind { MASK_NOT, MASK_HIDDEN, MASK_RANDOM, MASK_KEPT, MASK_KINDS } MaskKind;

/* A position is chosen with probability `chosen`; of those, `hidden` become [MASK], `random` any word, and the
 * rest stay as they are. BERT: 0.15, 0.8, 0.1. Random words are ids in first .. vocab-1; ids below `first`
 * are special tokens, which are never chosen; `mask` is the id of [MASK]. */
typedef struct Masking {
    float chosen, hidden, random;
    int first, vocab, mask;
} Masking;

/* ids (n) -> input (n), what the model reads; label (n), the original where a position was chosen, MASK_IGNORE
 * elsewhere; kind (n), what was done, or NULL. */
void mask_tokens(const Masking *m, const int *ids, int n, Rng *rng, int *input, int *label, MaskKind *kind);

#endif
