/* loss.c -- the loss of a run in front of the band that several seeds left. */
#include "common/base/arena.h"
#include "common/plot/plot.h"

#include <stdlib.h>

void plot_loss_report(const LossBandSettings *s, const char *band, const float *losses, int n,
                      const char *path, int language)
{
    LossBand b;
    loss_band_report(s, band, losses, n);
    if (!s->draw || !loss_band_for(band, n, &b, NULL))
        return;
    float *run = memory_new(sizeof *run * (size_t)b.count);
    loss_band_points(&b, losses, n, run);
    Plot *p = plot_new(path, language, plot_text("Is the loss normal?", "损失正常吗？"));
    plot_axes(p, plot_text("step", "步"), plot_text("loss (nats)", "损失（nat）"));
    plot_band(p, plot_text("several seeds", "多个种子"), b.step, b.mean, b.low, b.high, b.count);
    plot_line(p, plot_text("this run", "这次训练"), b.step, run, b.count);
    plot_finish(p, "picture");
    free(run);
    loss_band_free(&b);
}
