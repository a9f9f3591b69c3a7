/* Wrong on purpose: the exponent of the element is left out. */
#include "ch04/exercises/exercises.h"

#include <math.h>

void mxfp4(const float *x /* (R,32) */, int R, int *exponent /* (R) */, int *code /* (R,32) */,
           float *y /* (R,32) */)
{
    static const double elements[] = {0, 0.5, 1, 1.5, 2, 3, 4, 6};
    for (int r = 0; r < R; r++) {
        double max = 0;
        for (int i = 32 * r; i < 32 * r + 32; i++)
            max = fmax(max, fabs((double)x[i]));
        exponent[r] = max > 0 ? ilogb(max) : -127;
        for (int i = 32 * r; i < 32 * r + 32; i++) {
            double size = ldexp(fabs((double)x[i]), -exponent[r]);
            int best = 0;
            for (int j = 1; j < 8; j++) {
                double nearer = fabs(size - elements[best]) - fabs(size - elements[j]);
                if (nearer > 0 || (nearer == 0 && j % 2 == 0))
                    best = j;
            }
            code[i] = best + (x[i] < 0 ? 8 : 0);
            y[i] = (float)ldexp(x[i] < 0 ? -elements[best] : elements[best], exponent[r]);
        }
    }
}
