/* Wrong on purpose: the content stream does not see its own position. */
#include "ch05/exercises/exercises.h"

void order_mask(const int *order /* (T) */, int T, float *content /* (T,T) */, float *query /* (T,T) */)
{
    for (int i = 0; i < T; i++) {
        for (int j = 0; j < T; j++) {
            int t = order[i], s = order[j]; /* said as number i, and as number j */
            content[t * T + s] = j < i;
            query[t * T + s] = j < i;
        }
    }
}
