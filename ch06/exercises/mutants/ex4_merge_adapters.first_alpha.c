/* Wrong on purpose: alpha of the first adapter for all. */
#include "ch06/exercises/exercises.h"

void merge_adapters(const float *w /* (O,I) */, const float *a /* (K,r,I) */, const float *b /* (K,O,r) */,
                    const float *alpha /* (K) */, const float *weight /* (K) */, int K, int I, int O, int r,
                    float *merged /* (O,I) */)
{
    for (int i = 0; i < O * I; i++)
        merged[i] = w[i];
    for (int k = 0; k < K; k++) {
        const float *ak = a + k * r * I, *bk = b + k * O * r;
        float scale = weight[k] * alpha[0] / (float)r;
        for (int o = 0; o < O; o++) {
            for (int i = 0; i < I; i++) {
                for (int j = 0; j < r; j++)
                    merged[o * I + i] += scale * bk[o * r + j] * ak[j * I + i];
            }
        }
    }
}
