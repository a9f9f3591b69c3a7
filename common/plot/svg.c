/* svg.c -- what gnuplot wrote, made fit for the book.
 *
 * gnuplot knows one set of colours. They stay as they are, so that every reader of SVG shows the light picture, and a
 * style beside them exchanges each for its dark twin where the reader prefers dark pages. What nobody needs (names of
 * gnuplot's own that appear as tooltips, empty groups, marks that are not used) is left out. */
#include "common/plot/picture.h"

#include <stdlib.h>
#include <string.h>

/* On white and on #131416 each has a contrast of at least 3 (lines, cells) or 4.5 (texts); a test looks. */
static const struct {
    const char *light, *dark;
} TWIN[] = {
    {"#24292f", "#e6edf3"}, {"#656d76", "#9aa4af"},
    {"#dfe3e8", "#343b44"}, /* texts and axes, labels, grid */
    {"#0a66c2", "#3f8ff0"}, {"#e0580a", "#f7693f"},
    {"#0f9d68", "#4ee08b"}, /* series */
    {"#8d6fa3", "#d9b0cd"}, {"#7d1212", "#efc228"},
    {"#2b12b5", "#a3c6ff"},                         /* series */
    {"#2274c4", "#3f8ad6"}, {"#c8641b", "#cf6f2a"}, /* heatmaps */
};

static void write_style(FILE *f)
{
    fputs("<style>\n@media (prefers-color-scheme: dark) {\n", f);
    for (size_t i = 0; i < sizeof TWIN / sizeof *TWIN; i++) {
        static const char *const attribute[] = {"fill", "stroke", "color"};
        for (int k = 0; k < 3; k++)
            fprintf(f, ".plot [%s=\"%s\"] {%s: %s}%s", attribute[k], TWIN[i].light, attribute[k],
                    TWIN[i].dark, k < 2 ? " " : "\n");
    }
    fputs("}\n</style>\n", f);
}

static bool begins(const char *line, const char *with)
{
    return strncmp(line, with, strlen(with)) == 0;
}

/* Copies a text; rgb(  0, 114, 178) becomes #0072b2, and of a font's name "X:Bold" a weight. */
static void write_text(FILE *f, const char *line, const char *end)
{
    static const char bold[] = ":Bold\"";
    while (line < end) {
        int r, g, b, used = 0;
        if (strncmp(line, "rgb(", 4) == 0 && sscanf(line, "rgb(%d,%d,%d)%n", &r, &g, &b, &used) == 3 &&
            used) {
            fprintf(f, "#%02x%02x%02x", r & 255, g & 255, b & 255);
            line += used;
        } else if (begins(line, bold)) {
            fputs("\" font-weight=\"bold\"", f);
            line += strlen(bold);
        } else {
            putc(*line++, f);
        }
    }
}

static const char *next_line(const char *line)
{
    const char *end = strchr(line, '\n');
    return end ? end + 1 : line + strlen(line);
}

/* Cells, bars and blocks are polygons of gnuplot's, "points = 'a,b c,b c,d a,d '"; as a path they
 * take half the bytes. */
static bool write_rectangle(FILE *f, const char *line, size_t size)
{
    const char *points = begins(line, "<polygon fill") ? strstr(line, " points = '") : NULL;
    double x[5], y[5];
    int used = 0;
    if (!points || points > line + size ||
        sscanf(points, " points = '%lf,%lf %lf,%lf %lf,%lf %lf,%lf '/>%n", &x[0], &y[0], &x[1], &y[1],
               &x[2], &y[2], &x[3], &y[3], &used) != 8 ||
        used == 0)
        return false;
    if (y[0] != y[1] || x[1] != x[2] || y[2] != y[3] || x[3] != x[0])
        return false;
    fputs("<path", f);
    write_text(f, line + strlen("<polygon"), points);
    fprintf(f, " d='M%.1f,%.1fH%.1fV%.1fH%.1fz'/>\n", x[0], y[0], x[1], y[2], x[0]);
    return true;
}

/* The drawing itself, from the line after `from`. */
static void write_drawing(FILE *f, const char *from)
{
    for (const char *line = from; *line;) {
        const char *next = next_line(line), *text = line + strspn(line, " \t");
        size_t size = (size_t)(next - line) - (next > line && next[-1] == '\n');
        if (begins(text, "<g fill=\"none\"") && begins(next, "</g>")) {
            next = next_line(next);
        } else if (begins(next, "\t\t<text></text>")) { /* the label of a mark in the legend */
            const char *group = strstr(line, "<g transform");
            write_text(f, line, group ? group : line);
            next = next_line(next_line(next));
        } else if (begins(text, "<g id=\"gnuplot_plot_")) {
            fputs("<g>\n", f);
        } else if (size > 0 && !write_rectangle(f, text, size - (size_t)(text - line))) {
            write_text(f, line, line + size);
            putc('\n', f);
        }
        line = next;
    }
}

/* gnuplot's marks, which stand between <defs> and the first filter. */
static void write_marks(FILE *f, const char *drawn)
{
    const char *begin = strstr(drawn, "<defs>"), *end = strstr(drawn, "</defs>"),
               *filter = strstr(drawn, "<filter");
    if (!begin || !end || !strstr(end, "<use "))
        return;
    end = filter && filter < end ? filter : end;
    fwrite(begin, 1, (size_t)(end - begin), f);
    fputs("</defs>\n", f);
}

void svg_finish(const char *drawn, const char *title, PlotLanguage language, int height, FILE *out)
{
    fprintf(out,
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
            "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" "
            "class=\"plot\" "
            "role=\"img\" lang=\"%s\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\">\n",
            language == PLOT_ZH ? "zh-CN" : "en", WIDTH, height, WIDTH, height);
    if (*title) {
        fputs("<title>", out);
        text_xml(out, title);
        fputs("</title>\n", out);
    }
    write_style(out);
    write_marks(out, drawn);
    fputs("<g>\n", out); /* gnuplot closes it */
    const char *defs = strstr(drawn, "</defs>");
    write_drawing(out, next_line(defs ? defs : drawn));
}
