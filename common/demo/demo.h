/* demo.h -- what the book's demos share: what they are told, the claims they make, and their end.
 *
 *     int main(int argc, char **argv)
 *     {
 *         Demo d = {.name = "ch05/init_demo", .about = "A model before its first step, section 5.3.2.", .draws = true};
 *         demo_begin(&d, argc, argv, NULL);
 *         double loss = first_loss(d.seed);
 *         demo_claim(&d, fabs(loss - log(V)) < 0.03, "measured and ln V agree to 0.03");
 *         Plot *p = demo_plot(&d, title, x, y);               ch05/out/init_demo.svg
 *         plot_line(p, ...), plot_finish(p, "picture");
 *         return demo_end(&d);                                 1 if a claim did not hold
 *     }
 *
 * A demo that trains a model adds .steps, and gets --steps. With .watched it also says at its end whether the losses
 * that it wrote into d.losses are normal (loss_band.h). */
#ifndef DEMO_DEMO_H
#define DEMO_DEMO_H

#include "common/base/base.h"
#include "common/plot/plot.h"

typedef struct Demo {
    const char *name;  /* its chapter and program: "ch05/init_demo" */
    const char *about; /* the first line of --help */
    bool draws;        /* it draws pictures: has --language */
    int steps; /* training steps of a model, as long as --steps says nothing else; 0: it has no --steps */
    int min_steps; /* the fewest that --steps may ask for; 0: 1 */
    int seeds;     /* models of each kind, as long as --seeds says nothing else; 0: it has no --seeds */
    int max_seeds; /* the most that --seeds may ask for */

    /* The model whose losses are held against a band (--curve, --band), as the verdict calls it; "": its only one;
     * NULL: there is none. */
    const char *watched;

    /* What demo_begin fills in. */
    uint64_t seed; /* 1, or what --seed says */
    int language;
    float *losses; /* (steps) of a watched run, for the demo to fill; else NULL */
    bool alone;    /* only the watched run is wanted (--curve): the demo may leave out everything else */

    LossBandSettings band;
    int refuted; /* claims that did not hold */
} Demo;

/* Reads the command line: the options in `more` (ends with OPTION_END; or NULL), and those that the fields ask for. */
void demo_begin(Demo *d, int argc, char **argv, const Option *more);

/* Prints a claim and whether it holds, as terminal_verdict does; one that does not is remembered for demo_end. */
void demo_claim(Demo *d, bool holds, const char *claim_format, ...) __attribute__((format(printf, 3, 4)));

/* The demo's picture, chNN/out/NAME.svg, its axes labelled. plot_finish draws it. */
Plot *demo_plot(const Demo *d, PlotText title, PlotText x, PlotText y);

/* Of a watched run, says whether its loss is normal (loss_band_report, with chNN/expected/NAME.band.tsv); --band also
 * draws chNN/out/NAME.band.svg. Frees what the demo held. main returns the result: 0, 1 if a claim was refuted, 2 if
 * the output could not be written. */
int demo_end(Demo *d);

#endif
