/* Wrong on purpose: no bias correction. */
#include "ch02/exercises/exercises.h"

#include <math.h>

void adamw_step(const AdamW *o, int t, const float *g /* (n) */, int n, float *w /* (n) */,
                float *m /* (n) */, float *v /* (n) */)
{
    (void)t;
    for (int i = 0; i < n; i++) {
        m[i] = o->beta1 * m[i] + (1 - o->beta1) * g[i];
        v[i] = o->beta2 * v[i] + (1 - o->beta2) * g[i] * g[i];
        float step = m[i] / (sqrtf(v[i]) + o->epsilon);
        w[i] -= o->rate * (step + o->decay * w[i]);
    }
}
