/* small.h -- a small transformer behind any mask.
 *
 * What tells the pretraining tasks of section 5.2 apart is who may see whom; each of them says it to nn_block. */
#ifndef CH05_SMALL_H
#define CH05_SMALL_H

#include "common/nn/nn.h"
#include "common/plot/plot.h"

enum { SMALL_LAYERS = 2 };

typedef struct Small {
    Params params;
    Tensor *tokens;        /* (V,C), also the weight of the logits */
    NnPositions positions; /* learned */
    NnBlock blocks[SMALL_LAYERS];
    Norm norm;
} Small;

/* nn_params_free(&m.params) frees it. */
Small small_new(int vocab, int context, int heads, int channels, Rng *rng);

/* The vector of each token plus that of its position: ids, positions (B,T) -> (B,T,C). */
Tensor *small_embed(Graph *g, const Small *m, const int *ids, const int *positions, int batch, int time);

/* All blocks and the last norm: ids (B,T), positions (B,T) or NULL for 0, 1, ...; who sees whom is in call. ->
 * (B,T,C). */
Tensor *small_hidden(Graph *g, const Small *m, const int *ids, const int *positions, int batch, int time,
                     const NnBlockCall *call);

/* Mean cross-entropy in nats of the labels: hidden (B,T,C), labels (B,T); -1 is not counted. */
Tensor *small_loss(Graph *g, const Small *m, Tensor *hidden, const int *labels);

/* Trains as all these programs do: AdamW, clipped to 1, 4e-3 after a tenth of the steps and then a cosine to 0. */
void small_train(Graph *g, const Small *m, int steps, NnLoss *loss, void *context);

/* The test loss during a training run, at SMALL_POINTS steps that lie evenly. Begins as {0}. */
enum { SMALL_POINTS = 11 };
typedef struct SmallCurve {
    float step[SMALL_POINTS], loss[SMALL_POINTS];
    int count;
} SmallCurve;

/* Whether a step of a run of `steps` belongs on the curve. */
bool small_curve_due(int step, int steps);
void small_curve_add(SmallCurve *c, int step, double loss);

/* Draws the curves of runs that differ in their seeds alone, at most 8: their mean and a band. */
void small_curves_plot(const SmallCurve *curves, int seeds, Plot *p, PlotText name);

#endif
