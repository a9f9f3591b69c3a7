/* test_colours.c -- colours that readers with any colour vision tell apart, on light and on dark pages. */
#include "common/tests/plot/drawn.h"

/* ---- colours ------------------------------------------------------------------------------------- */

enum { CURVES = 6 };

/* Colours of the curves, light and dark, as linear RGB. */
static void linear(const char *hex, double *rgb)
{
    unsigned c[3];
    ck_assert_int_eq(sscanf(hex, "#%2x%2x%2x", &c[0], &c[1], &c[2]), 3);
    for (int i = 0; i < 3; i++)
        rgb[i] = c[i] <= 10 ? c[i] / 255.0 / 12.92 : pow((c[i] / 255.0 + 0.055) / 1.055, 2.4);
}

static double luminance(const char *hex)
{
    double c[3];
    linear(hex, c);
    return 0.2126 * c[0] + 0.7152 * c[1] + 0.0722 * c[2];
}

static double contrast(const char *a, const char *b)
{
    double x = luminance(a), y = luminance(b);
    return (fmax(x, y) + 0.05) / (fmin(x, y) + 0.05);
}

/* As seen without one kind of cone (Machado, Oliveira and Fernandes, 2009, severity 1), in CIE L*a*b*. */
static void seen(const char *hex, int kind, double *lab)
{
    static const double cones[3][9] = {{1, 0, 0, 0, 1, 0, 0, 0, 1},
                                       {0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216,
                                        -0.003882, -0.048116, 1.051998}, /* protan */
                                       {0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413,
                                        -0.011820, 0.042940, 0.968881}}; /* deutan */
    static const double xyz[] = {0.4124, 0.3576, 0.1805, 0.2126, 0.7152, 0.0722, 0.0193, 0.1192, 0.9505};
    static const double white[] = {0.9505, 1, 1.089};
    double c[3], s[3], f[3];
    linear(hex, c);
    for (int i = 0; i < 3; i++)
        s[i] = cones[kind][3 * i] * c[0] + cones[kind][3 * i + 1] * c[1] + cones[kind][3 * i + 2] * c[2];
    for (int i = 0; i < 3; i++) {
        double t = (xyz[3 * i] * s[0] + xyz[3 * i + 1] * s[1] + xyz[3 * i + 2] * s[2]) / white[i];
        f[i] = t > 0.008856 ? cbrt(t) : 7.787 * t + 16 / 116.0;
    }
    lab[0] = 116 * f[1] - 16;
    lab[1] = 500 * (f[0] - f[1]);
    lab[2] = 200 * (f[1] - f[2]);
}

static char *six_curves(void)
{
    static const char *const names[CURVES] = {"a", "b", "c", "d", "e", "f"};
    Plot *p = english(plot_same("six"));
    plot_axes(p, plot_same("step"), plot_same("loss"));
    for (int i = 0; i < CURVES; i++)
        plot_line(p, plot_same(names[i]), X, (float[]){(float)i, (float)i + 1}, 2);
    return saved(p);
}

/* The dark twin of a colour, as the picture's style says. */
static void twin(const char *svg, const char *light, char *dark)
{
    char rule[64];
    snprintf(rule, sizeof rule, "[stroke=\"%s\"] {stroke: ", light);
    const char *found = strstr(svg, rule);
    ck_assert_msg(found != NULL, "%s has no dark twin", light);
    ck_assert_int_eq(sscanf(found + strlen(rule), "%7s", dark), 1);
}

START_TEST(colour_blind_readers)
{
    char *svg = six_curves(), colour[2][CURVES][8];
    const char *s = strstr(svg, "</style>");
    for (int i = 0; i < CURVES;) { /* in the legend */
        s = strstr(s, "stroke-width=\"2.00\"");
        s = strstr(s, "<path stroke='#") + 14;
        ck_assert_int_eq(sscanf(s, "%7s", colour[0][i]), 1);
        twin(svg, colour[0][i], colour[1][i]);
        i += i == 0 || strcmp(colour[0][i], colour[0][i - 1]) != 0;
    }
    for (int k = 0; k < 2 * 3 * CURVES * CURVES; k++) {
        int page = k % 2, kind = k / 2 % 3, i = k / 6 % CURVES, other = k / 6 / CURVES;
        double a[3], b[3];
        seen(colour[page][i], kind, a);
        seen(colour[page][other], kind, b);
        double apart = sqrt((a[0] - b[0]) * (a[0] - b[0]) + (a[1] - b[1]) * (a[1] - b[1]) +
                            (a[2] - b[2]) * (a[2] - b[2]));
        ck_assert_msg(i == other || apart > 15, "%s and %s look alike: %.1f (%d)", colour[page][i],
                      colour[page][other], apart, kind);
    }
    free(svg);
}
END_TEST

/* The ground is transparent, and each colour of the picture can be seen on a light and on a dark page. */
START_TEST(light_and_dark)
{
    char *svg = six_curves(), dark[8];
    ck_assert_ptr_nonnull(strstr(svg, "@media (prefers-color-scheme: dark)"));
    ck_assert_ptr_null(strstr(svg, "#ffffff"));
    ck_assert_ptr_null(strstr(svg, "<rect x=\"0\" y=\"0\""));
    for (const char *s = strstr(svg, "</style>"); (s = strchr(s, '#')) != NULL; s++) {
        char light[8] = "";
        if (sscanf(s, "%7[#0-9a-f]", light) != 1 || strlen(light) != 7)
            continue; /* gnuplot's name of a mark */
        twin(svg, light, dark);
        bool text = strncmp(s - 6, "fill=\"", 6) == 0, grid = strcmp(light, "#dfe3e8") == 0;
        double enough = text ? 4.5 : grid ? 1.1 : 3;
        ck_assert_msg(contrast(light, "#ffffff") >= enough, "%s on white: %.2f", light,
                      contrast(light, "#ffffff"));
        ck_assert_msg(contrast(dark, "#131416") >= enough, "%s on black: %.2f", dark,
                      contrast(dark, "#131416"));
    }
    free(svg);
}
END_TEST

int main(void)
{
    TCase *t = case_of("drawing");
    tcase_add_test(t, colour_blind_readers);
    tcase_add_test(t, light_and_dark);
    return run_tests("colours", t, NULL);
}
