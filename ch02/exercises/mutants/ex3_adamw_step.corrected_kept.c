/* Wrong on purpose: the corrected moment is stored. */
#include "ch02/exercises/exercises.h"

#include <math.h>

void adamw_step(const AdamW *o, int t, const float *g /* (n) */, int n, float *w /* (n) */,
                float *m /* (n) */, float *v /* (n) */)
{
    float correct1 = 1 - powf(o->beta1, (float)t), correct2 = 1 - powf(o->beta2, (float)t);
    for (int i = 0; i < n; i++) {
        m[i] = o->beta1 * m[i] + (1 - o->beta1) * g[i];
        v[i] = o->beta2 * v[i] + (1 - o->beta2) * g[i] * g[i];
        m[i] /= correct1;
        float step = m[i] / (sqrtf(v[i] / correct2) + o->epsilon);
        w[i] -= o->rate * (step + o->decay * w[i]);
    }
}
