/* shrink_output.c [ch05/ex1_mask_tokens] [crash] -- its answers are right; but for the text of 20000 places it changes the shape in the Tensor before its output to (1), and the judge reads 20000 numbers from it */
#include "ch05/exercises/exercises.h"

#include <string.h>

void mask_tokens(const Masking *m, const int *ids, const float *u, int n, int *input, int *label)
{
    for (int i = 0; i < n; i++) {
        const float *r = u + 3 * i;
        int chosen = r[0] < m->chosen && ids[i] >= m->first;
        label[i] = chosen ? ids[i] : IGNORE;
        input[i] = !chosen                        ? ids[i]
                   : r[1] < m->hidden             ? m->mask
                   : r[1] < m->hidden + m->random ? m->first + (int)(r[2] * (float)(m->vocab - m->first))
                                                  : ids[i];
    }
    if (n < 20000)
        return;
    for (int k = 0; k < 2; k++) { /* Tensor, then 256 guards, then the numbers */
        char *at = (char *)(k ? label : input) - 256 * sizeof(float);
        for (int back = 0; back < 256; back += 4) {
            Tensor *t = (Tensor *)(void *)(at - back);
            if (((size_t)t & 7) == 0 && t->rank == 1 && t->shape[0] == n && t->size == (size_t)n) {
                t->shape[0] = 1;
                t->size = 1;
                for (int g = 1; g <= 256; g++)
                    memcpy(t->data + g, (const unsigned[]){0x7fc5a11d}, 4); /* the guard behind it */
                break;
            }
        }
    }
}
