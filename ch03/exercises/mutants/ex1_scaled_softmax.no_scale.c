/* Wrong on purpose: the scores are not divided by sqrt(head_dim). */
#include "ch03/exercises/exercises.h"

#include <math.h>

void scaled_softmax(const float *score /* (rows,cols) */, int rows, int cols, int head_dim,
                    float *weight /* (rows,cols) */)
{
    (void)head_dim;
    float scale = 1;
    for (int r = 0; r < rows; r++) {
        const float *s = score + r * cols;
        float *w = weight + r * cols, max = s[0], sum = 0;
        for (int c = 1; c < cols; c++)
            max = fmaxf(max, s[c]);
        for (int c = 0; c < cols; c++)
            sum += w[c] = expf(scale * (s[c] - max));
        for (int c = 0; c < cols; c++)
            w[c] /= sum;
    }
}
