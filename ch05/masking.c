/* masking.c -- what BERT hides from itself. */
#include "ch05/masking.h"

#include <stddef.h>

//> mask
/* Two draws for a position: whether it is chosen, and what becomes of it if it is. */
static MaskKind draw(const Masking *m, Rng *rng)
{
    if (rng_uniform(rng) >= m->chosen)
        return MASK_NOT;
    float u = rng_uniform(rng);
    return u < m->hidden ? MASK_HIDDEN : u < m->hidden + m->random ? MASK_RANDOM : MASK_KEPT;
}

void mask_tokens(const Masking *m, const int *ids, int n, Rng *rng, int *input, int *label, MaskKind *kind)
{
    for (int i = 0; i < n; i++) {
        MaskKind k = ids[i] < m->first ? MASK_NOT : draw(m, rng);
        label[i] = k == MASK_NOT ? MASK_IGNORE : ids[i];
        input[i] = ids[i];
        if (k == MASK_HIDDEN)
            input[i] = m->mask;
        if (k == MASK_RANDOM)
            input[i] = m->first + rng_below(rng, m->vocab - m->first);
        if (kind)
            kind[i] = k;
    }
}
//< mask
