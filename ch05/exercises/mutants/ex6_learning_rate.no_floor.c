/* Wrong on purpose: after the last step the curve continues. */
#include "ch05/exercises/exercises.h"

#include <math.h>

float learning_rate(Schedule schedule, int step, int warmup, int steps, float max, float min)
{
    float t = (float)(step + 1);
    if (schedule == INVERSE_ROOT) {
        float w = warmup < 1 ? 1 : (float)warmup;
        return max * (t < w ? t / w : sqrtf(w / t));
    }
    if (step < warmup)
        return max * t / (float)(warmup + 1);
    if (schedule == CONSTANT)
        return max;
    float share = (float)(step - warmup) / (float)(steps - warmup);
    float left = schedule == LINEAR ? 1 - share : (1 + cosf(3.14159265f * share)) / 2;
    return min + (max - min) * left;
    return 0;
}
