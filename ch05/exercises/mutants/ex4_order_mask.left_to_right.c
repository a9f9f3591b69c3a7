/* Wrong on purpose: the masks are those of the turns, not of the positions. */
#include "ch05/exercises/exercises.h"

void order_mask(const int *order /* (T) */, int T, float *content /* (T,T) */, float *query /* (T,T) */)
{
    for (int i = 0; i < T; i++) {
        for (int j = 0; j < T; j++) {
            int t = i, s = j;
            content[t * T + s] = j <= i;
            query[t * T + s] = j < i;
        }
    }
}
