/* scale.c -- axes: from the data to a range and round ticks.
 *
 * A linear axis has ticks at 1, 2 or 5 times a power of ten. A logarithmic one has them at powers of ten, or, where
 * the data lie at a few values only (widths 4, 16, 64), at these values. */
#include "common/plot/picture.h"

#include <math.h>
#include <string.h>

static const double MARGIN = 0.03; /* free at the ends of an axis, of its length */

void extent_add(Extent *e, double value)
{
    if (!isfinite(value))
        return;
    if (e->min > e->max)
        e->min = e->max = value;
    e->min = fmin(e->min, value);
    e->max = fmax(e->max, value);
    int i = 0;
    while (i < e->distinct && e->value[i] != value)
        i++;
    if (i == e->distinct && e->distinct < MAX_TICKS)
        e->value[e->distinct++] = value;
}

double axis_position(const Axis *a, double value)
{
    return a->log ? (log(value) - log(a->min)) / (log(a->max) - log(a->min))
                  : (value - a->min) / (a->max - a->min);
}

/* ---- numbers ---------------------------------------------------------------------------------------- */

static void add(char *text, size_t room, const char *more)
{
    size_t used = strlen(text);
    snprintf(text + used, room - used, "%s", more);
}

/* 10 to the power of k, as 10⁻³. */
static void add_power(char *text, size_t room, int k)
{
    static const char *const digit[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
    if (k == 0) {
        add(text, room, "1");
        return;
    }
    add(text, room, "10");
    if (k == 1)
        return;
    add(text, room, k < 0 ? "⁻" : "");
    k = k < 0 ? -k : k;
    if (k >= 10)
        add(text, room, digit[k / 10 % 10]);
    add(text, room, digit[k % 10]);
}

/* value as m x 10^k, with at most three digits of m, and without them where m is 1. */
static void scientific(char *text, size_t room, double value)
{
    int k = (int)floor(log10(fabs(value)) + 1e-9);
    double m = value / pow(10, k);
    char digits[16];
    snprintf(digits, sizeof digits, "%.3g", fabs(m));
    add(text, room, value < 0 ? "−" : "");
    if (strcmp(digits, "1") != 0) {
        add(text, room, digits);
        add(text, room, "×");
    }
    add_power(text, room, k);
}

/* The number of a tick: 0.05, 200, 20k, 5M, 2×10⁻⁵. digits: after the point. */
static void write_number(char *text, size_t room, double value, int digits)
{
    static const struct {
        double unit;
        const char *sign;
    } large[] = {{1e9, "G"}, {1e6, "M"}, {1e3, "k"}};
    double size = fabs(value);
    char plain[64];
    *text = '\0';
    if (size > 0 && (digits > 4 || size >= 1e12)) {
        scientific(text, room, value);
        return;
    }
    snprintf(plain, sizeof plain, "%.*f", digits, size);
    for (int i = 0; size >= 1e4 && i < 3; i++) {
        if (size >= large[i].unit) {
            snprintf(plain, sizeof plain, "%.4g%s", size / large[i].unit, large[i].sign);
            break;
        }
    }
    add(text, room, value < 0 ? "−" : "");
    add(text, room, plain);
}

/* Digits after the point that tell multiples of step apart. */
static int digits_of(double step)
{
    int digits = -(int)floor(log10(step) + 1e-9);
    return digits > 0 ? digits : 0;
}

/* ---- ticks ------------------------------------------------------------------------------------------- */

static double round_step(double min)
{
    double power = pow(10, floor(log10(min)));
    for (int i = 0; i < 3; i++) {
        static const double steps[] = {1, 2, 5};
        if (steps[i] * power >= min * (1 - 1e-9))
            return steps[i] * power;
    }
    return 10 * power;
}

static void linear_ticks(Axis *a, int wanted)
{
    double step = round_step((a->max - a->min) / wanted), slack = 1e-6 * step;
    for (double k = ceil((a->min - slack) / step); k * step <= a->max + slack && a->ticks < MAX_TICKS;
         k++) {
        a->at[a->ticks] = k * step;
        write_number(a->label[a->ticks++], sizeof *a->label, k * step, k == 0 ? 0 : digits_of(step));
    }
}

static void add_log_tick(Axis *a, double value)
{
    char *text = a->label[a->ticks];
    a->at[a->ticks++] = value;
    *text = '\0';
    if (a->min < 0.9e-3 || a->max > 1e6) {
        scientific(text, sizeof *a->label, value);
        return;
    }
    char plain[32];
    snprintf(plain, sizeof plain, "%.6g", value);
    if (value >= 1e4)
        write_number(text, sizeof *a->label, value, 0);
    else
        add(text, sizeof *a->label, plain);
}

/* Powers of ten, every second or third of them where there are many; with 2 and 5 times them where few. */
static void log_ticks(Axis *a)
{
    int first = (int)floor(log10(a->min) + 1e-9), last = (int)floor(log10(a->max) + 1e-9);
    int between = last - (int)ceil(log10(a->min) - 1e-9) + 1, stride = (between + 5) / 6;
    for (int k = first; k <= last; k += between > 2 ? stride : 1) {
        for (int i = 0; i < 3; i++) {
            double value = (i == 0 ? 1 : i == 1 ? 2 : 5) * pow(10, k);
            bool shown = i == 0 || between <= 2;
            if (shown && value >= a->min * (1 - 1e-9) && value <= a->max * (1 + 1e-9) &&
                a->ticks < MAX_TICKS)
                add_log_tick(a, value);
        }
    }
}

static void widen_linear(Axis *a, const Extent *e)
{
    if (a->max - a->min <= 1e-6 * fabs(a->max)) {
        double half = a->max != 0 ? 0.1 * fabs(a->max) : 0.5;
        a->min -= half;
        a->max += half;
    }
    double room = MARGIN * (a->max - a->min);
    if (!e->fixed_min)
        a->min = a->min >= 0 && a->min < 0.3 * a->max ? 0 : a->min - room;
    if (!e->fixed_max)
        a->max += room;
}

static void widen_log(Axis *a, const Extent *e)
{
    double room = a->max > a->min * 1.05 ? pow(a->max / a->min, MARGIN) : 1.5;
    if (!e->fixed_min)
        a->min /= room;
    if (!e->fixed_max)
        a->max *= room;
}

/* The data lie at a few whole numbers, at which the ticks then stand. */
static bool few_values(const Extent *e)
{
    for (int i = 0; i < e->distinct; i++) {
        if (e->value[i] != floor(e->value[i]))
            return false;
    }
    return e->distinct >= 2 && e->distinct <= 8;
}

Axis axis_make(const Extent *e, bool log, int wanted)
{
    bool empty = e->min > e->max;
    Axis a = {.min = empty ? log ? 1 : 0 : e->min, .max = empty ? 1 : e->max, .log = log};
    if (!log) {
        widen_linear(&a, e);
        linear_ticks(&a, wanted);
        return a;
    }
    widen_log(&a, e);
    if (!few_values(e))
        log_ticks(&a);
    for (int i = 0; few_values(e) && i < e->distinct; i++)
        add_log_tick(&a, e->value[i]);
    return a;
}
