/* Wrong on purpose: every chosen position becomes [MASK]. */
#include "ch05/exercises/exercises.h"

void mask_tokens(const Masking *m, const int *ids /* (n) */, const float *u /* (n,3) */, int n,
                 int *input /* (n) */, int *label /* (n) */)
{
    for (int i = 0; i < n; i++) {
        float choice = u[3 * i];
        bool chosen = ids[i] >= m->first && choice < m->chosen;
        input[i] = ids[i];
        label[i] = chosen ? ids[i] : IGNORE;
        if (chosen)
            input[i] = m->mask;
    }
}
