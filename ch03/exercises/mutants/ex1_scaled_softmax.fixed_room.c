/* Wrong on purpose: room for 16 columns, whatever cols is. */
#include "ch03/exercises/exercises.h"

#include <math.h>

void scaled_softmax(const float *score /* (rows,cols) */, int rows, int cols, int head_dim,
                    float *weight /* (rows,cols) */)
{
    float scale = 1 / sqrtf((float)head_dim);
    for (int r = 0; r < rows; r++) {
        const float *s = score + r * cols;
        float e[16];
        float *w = weight + r * cols, max = s[0], sum = 0;
        for (int c = 1; c < cols; c++)
            max = fmaxf(max, s[c]);
        for (int c = 0; c < cols; c++)
            sum += e[c] = expf(scale * (s[c] - max));
        for (int c = 0; c < cols; c++)
            w[c] = e[c] / sum;
    }
}
