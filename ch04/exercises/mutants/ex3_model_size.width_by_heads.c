/* Wrong on purpose: a head is taken to have C / H dimensions. */
#include "ch04/exercises/exercises.h"

DecoderSize model_size(const Decoder *m)
{
    DecoderSize s = {0};
    double c = m->channels, d = m->channels / m->heads, expert = 3 * c * m->hidden;
    double attention = 2 * c * m->heads * d + 2 * c * m->kv_heads * d;
    double networks = m->experts ? m->experts * (expert + c) : expert;
    double embeddings = c * m->vocab * (m->tied ? 1 : 2);
    s.parameters = embeddings + m->layers * (attention + networks + 2 * c) + c;
    s.active = s.parameters - (m->experts ? m->layers * expert * (m->experts - m->used) : 0);
    s.cache = 2.0 * 2 * m->layers * m->kv_heads * d;
    return s;
}
