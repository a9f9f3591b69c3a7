/* Wrong on purpose: the inverse root rises like the others. */
#include "ch05/exercises/exercises.h"

#include <math.h>

float learning_rate(Schedule schedule, int step, int warmup, int steps, float max, float min)
{
    float t = (float)(step + 1);
    if (step < warmup)
        return max * t / (float)(warmup + 1);
    if (schedule == INVERSE_ROOT)
        return max * sqrtf((float)(warmup < 1 ? 1 : warmup) / t);
    if (schedule == CONSTANT)
        return max;
    float share = step >= steps ? 1 : (float)(step - warmup) / (float)(steps - warmup);
    float left = schedule == LINEAR ? 1 - share : (1 + cosf(3.14159265f * share)) / 2;
    return min + (max - min) * left;
    return 0;
}
