/* Wrong on purpose: order[t] is taken for the turn of position t. */
#include "ch05/exercises/exercises.h"

void order_mask(const int *order /* (T) */, int T, float *content /* (T,T) */, float *query /* (T,T) */)
{
    for (int i = 0; i < T; i++) {
        for (int j = 0; j < T; j++) {
            content[i * T + j] = order[j] <= order[i];
            query[i * T + j] = order[j] < order[i];
        }
    }
}
