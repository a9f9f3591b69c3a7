/* schedule.c -- formulas of the learning rate. */
#include "common/nn/schedule.h"

#include <math.h>
#include <stddef.h>

const char *const nn_schedule_names[NN_SCHEDULES + 1] = {"cosine",       "linear",       "constant",
                                                         "inverse-root", "stable-decay", NULL};

float nn_constant_rate(long step, long warmup, float max)
{
    return step < warmup ? max * (float)(step + 1) / (float)(warmup + 1) : max;
}

/* The share of the fall that is done at a step after the warm-up: 0 at its end, 1 from `steps` on. */
static double fallen(long step, long warmup, long steps)
{
    return step >= steps ? 1 : (double)(step - warmup) / (double)(steps - warmup);
}

float nn_cosine_rate(long step, long warmup, long steps, float max, float min)
{
    if (step < warmup)
        return nn_constant_rate(step, warmup, max);
    double share = fallen(step, warmup, steps);
    return min + (max - min) * (float)(0.5 * (1 + cos(3.141592653589793 * share)));
}

float nn_linear_rate(long step, long warmup, long steps, float max, float min)
{
    if (step < warmup)
        return nn_constant_rate(step, warmup, max);
    return min + (max - min) * (float)(1 - fallen(step, warmup, steps));
}

float nn_stable_decay_rate(long step, long warmup, long decay, long steps, float max, float min)
{
    if (step < steps - decay)
        return nn_constant_rate(step, warmup, max);
    return nn_linear_rate(step, steps - decay, steps, max, min);
}

float nn_inverse_root_rate(long step, long warmup, float max)
{
    float t = (float)(step + 1), w = (float)(warmup < 1 ? 1 : warmup);
    return max * (t < w ? t / w : sqrtf(w / t));
}
