/* rotary.c -- angles in double, since a position of thousands times a frequency loses digits in float. */
#include "common/tensor/rotary.h"

#include <math.h>

void tensor_rotary_angles(const TensorRotary *r, int head_dim, int position, float *cosines, float *sines)
{
    const double circle = 6.283185307179586;
    for (int i = 0; i < head_dim / 2; i++) {
        double turn = pow((double)r->theta, -2.0 * i / head_dim), slow = turn / (double)r->factor;
        double waves = (double)r->original * turn / circle; /* that fit into the first context */
        double blend = (waves - (double)r->low) / ((double)r->high - (double)r->low);
        if (r->kind == TENSOR_ROTARY_LINEAR)
            turn = slow;
        else if (r->kind == TENSOR_ROTARY_LLAMA3)
            turn = blend <= 0 ? slow : blend >= 1 ? turn : (1 - blend) * slow + blend * turn;
        cosines[i] = (float)cos(position * turn);
        sines[i] = (float)sin(position * turn);
    }
}

void tensor_rotary_turn(const float *x, float *out, float beta, int heads, int head_dim,
                        const float *cosines, const float *sines, float sign)
{
    int half = head_dim / 2;
    for (int h = 0; h < heads; h++, x += head_dim, out += head_dim) {
#pragma omp simd
        for (int i = 0; i < half; i++) {
            float a = x[i], b = x[i + half], sine = sign * sines[i];
            out[i] = (beta != 0 ? out[i] : 0) + (a * cosines[i] - b * sine);
            out[i + half] = (beta != 0 ? out[i + half] : 0) + (b * cosines[i] + a * sine);
        }
    }
}
