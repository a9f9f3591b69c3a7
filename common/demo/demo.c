/* demo.c -- the options of a demo, its claims and its end. */
#include "common/demo/demo.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH = 256 };

/* "ch05/init_demo" in a folder of the chapter: "ch05/out/init_demo.svg". */
static const char *path_of(const Demo *d, const char *folder, const char *ending, char path[PATH])
{
    const char *slash = strchr(d->name, '/');
    if (!slash)
        FATAL("demo: the name '%s' does not say its chapter; expected one such as ch05/init_demo", d->name);
    snprintf(path, PATH, "%.*s/%s%s%s", (int)(slash - d->name), d->name, folder, slash, ending);
    return path;
}

void demo_begin(Demo *d, int argc, char **argv, const Option *more)
{
    Option options[8];
    int n = 0;
    d->seed = 1;
    d->band.model = d->watched && d->watched[0] ? d->watched : NULL;
    LossBandOptions band = loss_band_options(&d->band);
    if (more)
        options[n++] = option_group(more);
    if (d->steps > 0)
        options[n++] = option_int("steps", &d->steps, d->min_steps > 1 ? d->min_steps : 1, 100000,
                                  "training steps of a model");
    if (d->seeds > 0)
        options[n++] = option_int("seeds", &d->seeds, 1, d->max_seeds, "models of each kind");
    options[n++] = option_seed(&d->seed);
    if (d->draws)
        options[n++] = plot_option(&d->language);
    if (d->watched)
        options[n++] = option_group(band.items);
    options[n] = (Option)OPTION_END;
    options_parse(argc, argv, d->about, options);
    d->alone = d->band.curve;
    d->losses = d->watched ? memory_zero((size_t)d->steps, sizeof *d->losses) : NULL;
}

void demo_claim(Demo *d, bool holds, const char *claim_format, ...)
{
    char claim[1024];
    va_list args;
    va_start(args, claim_format);
    vsnprintf(claim, sizeof claim, claim_format, args);
    va_end(args);
    d->refuted += !terminal_verdict(holds, "%s", claim);
}

Plot *demo_plot(const Demo *d, PlotText title, PlotText x, PlotText y)
{
    char path[PATH];
    Plot *p = plot_new(path_of(d, "out", ".svg", path), d->language, title);
    plot_axes(p, x, y);
    return p;
}

int demo_end(Demo *d)
{
    char band[PATH], picture[PATH];
    if (d->watched) {
        path_of(d, "expected", ".band.tsv", band);
        plot_loss_report(&d->band, band, d->losses, d->steps, path_of(d, "out", ".band.svg", picture),
                         d->language);
    }
    free(d->losses);
    d->losses = NULL;
    int status = error_finish();
    return status ? status : d->refuted > 0;
}
