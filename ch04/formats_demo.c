/* formats_demo.c -- numbers in 16, 8 and 4 bits, section 4.3.1.
 *
 * Writes a number in each format, bit by bit; lists all numbers that 4 bits can be; then rounds a row of weights with
 * one scale for all of it, or one for every few numbers, and measures what is lost, without outliers and with some. */
#include "common/base/base.h"
#include "common/demo/demo.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- formats --------------------------------------------------------------------------------------- */

//> format
/* sign, exponent, mantissa: (-1)^s 2^(e - bias) 1.m, or for e = 0 the evenly spaced 2^(1 - bias) 0.m. */
typedef struct Format {
    const char *name;
    int exponent, mantissa; /* bits */
    int bias;
    double max; /* larger numbers become this one; what infinities and NaN take is not counted */
} Format;

static const Format float32 = {"float32", 8, 23, 127, 3.4028234663852886e38};
static const Format bfloat16 = {"bfloat16", 8, 7, 127, 3.3895313892515355e38};
static const Format float16 = {"float16", 5, 10, 15, 65504};
static const Format e5m2 = {"FP8 E5M2", 5, 2, 15, 57344};
static const Format e4m3 = {"FP8 E4M3", 4, 3, 7, 448}; /* no infinity: Micikevicius et al., 2022 */
static const Format e2m1 = {"FP4 E2M1", 2, 1, 1, 6};   /* no infinity, no NaN */

/* The nearest number of the format; between two, the one whose last bit is 0. */
static double nearest(const Format *f, double x)
{
    int exponent = x == 0 ? 1 - f->bias : ilogb(x);
    if (exponent < 1 - f->bias)
        exponent = 1 - f->bias;
    double step = ldexp(1, exponent - f->mantissa);
    return copysign(fmin(fabs(rint(x / step) * step), f->max), x);
}
//< format

/* "0 01111 01": a number of the format as its bits. */
static void write_bits(const Format *f, double x, char out[48])
{
    double size = fabs(x);
    int exponent = size == 0 ? -f->bias : ilogb(size), count = 0;
    bool even = exponent < 1 - f->bias; /* evenly spaced, below the normal numbers */
    double step = ldexp(1, (even ? 1 - f->bias : exponent) - f->mantissa);
    unsigned long mantissa = (unsigned long)(size / step),
                  biased = even ? 0 : (unsigned long)(exponent + f->bias);
    out[count++] = signbit(x) ? '1' : '0';
    out[count++] = ' ';
    for (int i = f->exponent - 1; i >= 0; i--)
        out[count++] = biased >> i & 1 ? '1' : '0';
    out[count++] = ' ';
    for (int i = f->mantissa - 1; i >= 0; i--)
        out[count++] = mantissa >> i & 1 ? '1' : '0';
    out[count] = '\0';
}

static void show_bits(double x)
{
    static const Format *const formats[] = {&float32, &bfloat16, &float16, &e5m2, &e4m3, &e2m1};
    Tabular *t = tabular_new();
    tabular_column(t, "format");
    tabular_column(t, "sign exponent mantissa");
    tabular_column(t, "value");
    tabular_numbers(t, "error", "%", -2, TABULAR_NONE);
    tabular_column(t, "smallest above 0");
    tabular_column(t, "largest");
    for (int i = 0; i < 6; i++) {
        const Format *f = formats[i];
        double value = nearest(f, x);
        char text[48];
        tabular_text(t, f->name);
        write_bits(f, value, text);
        tabular_text(t, text);
        snprintf(text, sizeof text, "%.8g", value);
        tabular_text(t, text);
        tabular_number(t, 100 * fabs(value / x - 1));
        snprintf(text, sizeof text, "%.2g", ldexp(1, 1 - f->bias - f->mantissa));
        tabular_text(t, text);
        snprintf(text, sizeof text, "%.3g", f->max);
        tabular_text(t, text);
    }
    printf("%g in six formats\n", x);
    tabular_print(t);
}

static void show_four_bits(void)
{
    printf("\nAll numbers of FP4 E2M1, and their negatives:");
    for (double x = 0; x <= e2m1.max; x += 0.5) {
        if (nearest(&e2m1, x) == x)
            printf(" %g", x);
    }
    putchar('\n');
}

/* ---- scales ----------------------------------------------------------------------------------------- */

static double largest(const double *x, int n)
{
    double max = 0;
    for (int i = 0; i < n; i++)
        max = fmax(max, fabs(x[i]));
    return max;
}

//> scales
typedef enum ScaleKind { POWER_OF_TWO, IN_E4M3, IN_FLOAT32 } ScaleKind;

/* Numbers are stored as scale times element; `block` of them share a scale. */
typedef struct Scaling {
    const char *name;
    const Format *element;
    int block; /* 0: the whole row */
    ScaleKind scale;
} Scaling;

/* MX formats (Open Compute Project, 2023) have the scale 2^k with the largest k for which the largest number of the
 * block, rounded down to a power of two, can be an element; NVFP4 (NVIDIA, 2025) puts the largest number on the largest
 * element and keeps the scale in E4M3, for which there is one more scale for all, `whole`. */
static double scale_of(const Scaling *s, double max, double whole)
{
    if (max == 0)
        return 1;
    if (s->scale == POWER_OF_TWO)
        return ldexp(1, ilogb(max) - ilogb(s->element->max));
    double scale = max / s->element->max;
    return s->scale == IN_E4M3 ? whole * nearest(&e4m3, scale / whole) : scale;
}

static void round_row(const Scaling *s, const double *x, int n, double *out)
{
    int block = s->block ? s->block : n;
    double whole = largest(x, n) / (s->element->max * e4m3.max);
    for (int first = 0; first < n; first += block) {
        double scale = scale_of(s, largest(x + first, block), whole);
        for (int i = first; i < first + block; i++)
            out[i] = scale == 0 ? 0 : scale * nearest(s->element, x[i] / scale);
    }
}
//< scales

static double bits_of(const Scaling *s)
{
    double element = 1 + s->element->exponent + s->element->mantissa;
    return element + (s->block ? 8.0 / s->block : 0);
}

/* The root mean square of the error of all but outliers, in per cent of that of the numbers. */
static double error_of(const Scaling *s, const double *x, int n, double *out)
{
    double error = 0, size = 0;
    round_row(s, x, n, out);
    for (int i = 0; i < n; i++) {
        bool usual = fabs(x[i]) < 6;
        error += usual ? pow(out[i] - x[i], 2) : 0;
        size += usual ? x[i] * x[i] : 0;
    }
    return 100 * sqrt(error / size);
}

static void show_scales(uint64_t seed)
{
    enum { NUMBERS = 1 << 16, EVERY = 256, WAYS = 6 };
    static const Scaling ways[WAYS] = {
        {"FP8 E4M3, one scale", &e4m3, 0, IN_FLOAT32},    {"FP8 E5M2, one scale", &e5m2, 0, IN_FLOAT32},
        {"MXFP8: 32 share 2^k", &e4m3, 32, POWER_OF_TWO}, {"FP4 E2M1, one scale", &e2m1, 0, IN_FLOAT32},
        {"MXFP4: 32 share 2^k", &e2m1, 32, POWER_OF_TWO}, {"NVFP4: 16 share an E4M3", &e2m1, 16, IN_E4M3}};
    static double x[NUMBERS], out[NUMBERS], values[WAYS][3];
    const char *names[WAYS];
    Rng rng = rng_new(seed);
    for (int i = 0; i < NUMBERS; i++)
        x[i] = (double)rng_normal(&rng);
    for (int w = 0; w < WAYS; w++) {
        names[w] = ways[w].name;
        values[w][0] = bits_of(&ways[w]);
        values[w][1] = error_of(&ways[w], x, NUMBERS, out);
    }
    for (int i = 0; i < NUMBERS; i += EVERY)
        x[i] = 100;
    for (int w = 0; w < WAYS; w++)
        values[w][2] = error_of(&ways[w], x, NUMBERS, out);
    static const TabularColumn columns[] = {
        {"bits a number", 2}, {"error (%)", 1}, {"with outliers (%)", 1}};
    printf("\n%d normal numbers rounded; with outliers: one in %d is 100, and the error is that of the "
           "others\n",
           NUMBERS, EVERY);
    tabular_print_matrix("format", names, columns, 3, values[0], WAYS);
}

int main(int argc, char **argv)
{
    float number = 0.3f;
    Demo demo = {.name = "ch04/formats_demo", .about = "Numbers in 16, 8 and 4 bits, section 4.3.1."};
    const Option more[] = {
        option_float("number", &number, -1e30, 1e30, "the number to write in each format"), OPTION_END};
    demo_begin(&demo, argc, argv, more);
    show_bits((double)number);
    show_four_bits();
    show_scales(demo.seed);
    return demo_end(&demo);
}
