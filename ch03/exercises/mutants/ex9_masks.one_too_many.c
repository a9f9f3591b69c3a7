/* Wrong on purpose: sees the first word of the padding. */
#include "ch03/exercises/exercises.h"

void combined_mask(const int *lengths /* (B) */, int B, int T, float *allowed /* (B,T,T) */)
{
    for (int b = 0; b < B; b++) {
        for (int t = 0; t < T; t++) {
            for (int s = 0; s < T; s++)
                allowed[(b * T + t) * T + s] = s <= t && s <= lengths[b];
        }
    }
}
