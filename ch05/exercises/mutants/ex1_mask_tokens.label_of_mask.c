/* Wrong on purpose: only positions that hold [MASK] have a label. */
#include "ch05/exercises/exercises.h"

void mask_tokens(const Masking *m, const int *ids /* (n) */, const float *u /* (n,3) */, int n,
                 int *input /* (n) */, int *label /* (n) */)
{
    for (int i = 0; i < n; i++) {
        float choice = u[3 * i], fate = u[3 * i + 1], word = u[3 * i + 2];
        bool chosen = ids[i] >= m->first && choice < m->chosen;
        input[i] = ids[i];
        label[i] = chosen && fate < m->hidden ? ids[i] : IGNORE;
        if (chosen && fate < m->hidden)
            input[i] = m->mask;
        else if (chosen && fate < m->hidden + m->random)
            input[i] = m->first + (int)(word * (float)(m->vocab - m->first));
    }
}
