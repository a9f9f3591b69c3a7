/* Wrong on purpose: the softmax runs down the columns. */
#include "ch03/exercises/exercises.h"

#include <math.h>

void scaled_softmax(const float *score /* (rows,cols) */, int rows, int cols, int head_dim,
                    float *weight /* (rows,cols) */)
{
    float scale = 1 / sqrtf((float)head_dim);
    for (int c = 0; c < cols; c++) {
        const float *s = score + c;
        float *w = weight + c, max = s[0], sum = 0;
        for (int r = 1; r < rows; r++)
            max = fmaxf(max, s[r * cols]);
        for (int r = 0; r < rows; r++)
            sum += w[r * cols] = expf(scale * (s[r * cols] - max));
        for (int r = 0; r < rows; r++)
            w[r * cols] /= sum;
    }
}
