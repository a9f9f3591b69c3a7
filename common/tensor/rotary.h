/* rotary.h -- rotary positions: a head turns with its position, so that a score depends on the distance
 * of two tokens alone (Su et al., 2021). Models as they are trained and as they run use these angles. */
#ifndef TENSOR_ROTARY_H
#define TENSOR_ROTARY_H

typedef enum TensorRotaryKind {
    TENSOR_ROTARY_PLAIN,
    TENSOR_ROTARY_LINEAR,
    TENSOR_ROTARY_LLAMA3
} TensorRotaryKind;

/* Pair i of a head of D channels (channels i and i + D/2) turns by position x f_i with
 * f_i = theta^(-2i/D). LINEAR divides f_i by factor (Chen et al., 2023); LLAMA3 does
 * so for waves longer than original / low, leaves those shorter than original / high,
 * and goes from one to the other between them (Grattafiori et al., 2024). */
typedef struct TensorRotary {
    TensorRotaryKind kind;
    float theta, factor, low, high;
    int original; /* the context that it was first trained with */
} TensorRotary;

/* Sets cos and sin (D/2) of the angles by which a head of D channels turns at a position. */
void tensor_rotary_angles(const TensorRotary *r, int head_dim, int position, float *cosines, float *sines);

/* out = beta out + x, turned: `heads` heads of D channels that follow each other. out may be x itself,
 * with beta 0. A sign of -1 turns back. */
void tensor_rotary_turn(const float *x, float *out, float beta, int heads, int head_dim,
                        const float *cosines, const float *sines, float sign);

#endif
