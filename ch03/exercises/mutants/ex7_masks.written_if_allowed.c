/* Wrong on purpose: only the ones are written, the zeros are left to chance. */
#include "ch03/exercises/exercises.h"

void combined_mask(const int *lengths /* (B) */, int B, int T, float *allowed /* (B,T,T) */)
{
    for (int b = 0; b < B; b++) {
        for (int t = 0; t < T; t++) {
            for (int s = 0; s < T; s++)
                if (s <= t && s < lengths[b])
                    allowed[(b * T + t) * T + s] = 1;
        }
    }
}
