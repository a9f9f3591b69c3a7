/* vmath.h -- exp, tanh and friends as plain arithmetic, so that the compiler
 * can put 8 or 16 of them into one vector instruction.
 *
 * libm's expf is a call with branches; a loop over it does not vectorise. The
 * functions here have neither. exp is right to 2 units in the last place, tanh
 * and sigmoid to a relative 3e-7, the normal distribution to 3e-7. */
#ifndef TENSOR_VMATH_H
#define TENSOR_VMATH_H

#include <stdint.h>
#include <string.h>

/* e^x = 2^n (1 + r p) for x within 88: x = n ln 2 + r with |r| <= ln 2 / 2. Returns p, a polynomial of degree 5 in
 * r, and *rest = r, *power = 2^n. */
static inline float vmath_exp_parts(float x, float *rest, float *power)
{
    float shifted = x * 1.44269504f + 12582912.0f; /* 1.5 * 2^23: rounds to a whole number */
    float n = shifted - 12582912.0f;
    float r = x - n * 0.693359375f + n * 2.12194440e-4f; /* ln 2 in two parts */
    float p = 1.38145399e-3f; /* 1/720, ... moved a little, so that the error is even over r */
    p = p * r + 8.36874513e-3f;
    p = p * r + 4.16683908e-2f;
    p = p * r + 1.66665204e-1f;
    p = p * r + 4.99999934e-1f;
    p = p * r + 1.0f;
    int32_t bits;
    memcpy(&bits, &shifted, sizeof bits);
    bits = (int32_t)(((uint32_t)bits + 127u - 0x4b400000u) << 23);
    memcpy(power, &bits, sizeof *power); /* 2^n: its bits are built */
    *rest = r;
    return p;
}

/* e^x. Below -87 the result is 0, above 88 it stays near 1.7e38; a NaN stays a NaN. */
static inline float vmath_exp(float x)
{
    float r, power, p = vmath_exp_parts(x < -87.0f ? -87.0f : x > 88.0f ? 88.0f : x, &r, &power);
    p = p * r + 1.0f;
    return x < -87.0f ? 0.0f : p * power; /* a NaN is in p */
}

/* tanh x = m / (m + 2) with m = e^2x - 1. Near 0, where n = 0, m is r p, without a difference of nearly equal
 * numbers. */
static inline float vmath_tanh(float x)
{
    float r, power, p = vmath_exp_parts(x < -10.0f ? -20.0f : x > 10.0f ? 20.0f : 2.0f * x, &r, &power);
    float m = p * r * power + (power - 1.0f);
    return m / (m + 2.0f);
}

/* 1 / (1 + e^-x); below -88 it stays near 6e-39 */
static inline float vmath_sigmoid(float x)
{
    return 1.0f / (1.0f + vmath_exp(-x));
}

/* The normal distribution: the probability (1 + erf(x / sqrt 2)) / 2 of a value up to x, and through
 * *density e^(-x^2/2) / sqrt(2 pi). The tail beyond |x| is a polynomial in t = 1 / (1 + p |x| / sqrt 2) times
 * e^(-x^2/2): Abramowitz and Stegun, Handbook of Mathematical Functions, 1964, 7.1.26. */
static inline float vmath_normal(float x, float *density)
{
    float size = x < 0 ? -x : x, bell = vmath_exp(-0.5f * x * x);
    float t = 1.0f / (1.0f + 0.231641888f * size);
    float p = 1.061405429f;
    p = p * t - 1.453152027f;
    p = p * t + 1.421413741f;
    p = p * t - 0.284496736f;
    p = p * t + 0.254829592f;
    float tail = 0.5f * p * t * bell;
    *density = 0.398942280f * bell;
    return x < 0 ? tail : 1.0f - tail;
}

#endif
