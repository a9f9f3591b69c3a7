/* run.c -- options, log, progress and the end of a training run. */
#include "ch05/run.h"

#include "common/plot/plot.h"

#include <math.h>
#include <signal.h>
#include <stdlib.h>

/* ---- options ------------------------------------------------------------------------------------- */

void run_options(RunOptions *o, RunSettings *s, const char *quick)
{
    o->training = nn_training_options(&s->training);
    o->band = loss_band_options(&s->band);
    const Option items[] = {
        option_group(o->training.items),
        option_int("eval-every", &s->eval_every, 1, 100000000, "steps between evaluations"),
        option_int("save-every", &s->save_every, 0, 100000000,
                   "steps between checkpoints; 0: one with each evaluation"),
        option_flag("resume", &s->resume, "continue from the last checkpoint in --out"),
        option_dir("out", &s->out, "folder of the model"),
        option_flag("half", &s->half,
                    "the model is saved with 16 bits a weight; --resume continues with 32"),
        option_flag("quick", &s->quick, quick),
        option_group(o->band.items),
        plot_option(&s->language),
        OPTION_END};
    for (size_t i = 0; i < sizeof items / sizeof *items; i++)
        o->items[i] = items[i];
}

void run_check(RunSettings *s)
{
    Error e = {""};
    if (!nn_training_check(&s->training, &e))
        error_exit(&e);
}

/* ---- steps --------------------------------------------------------------------------------------- */

bool run_ended(const Run *r)
{
    return r->state.step >= r->settings->training.steps;
}

bool run_due(const Run *r, int every)
{
    return run_ended(r) || (every > 0 && r->state.step % every == 0);
}

bool run_save_due(const Run *r)
{
    const RunSettings *s = r->settings;
    return run_due(r, s->save_every > 0 ? s->save_every : s->eval_every);
}

static void write_log(const Run *r, const ModelLogField *fields, int count)
{
    Error e = {""};
    if (r->writes && !model_log_write(r->log, r->state.step, fields, count, &e))
        error_exit(&e);
}

void run_count_step(Run *r, float loss, float norm, double tokens, double seconds)
{
    double rate = (double)nn_training_rate(&r->settings->training, r->state.step++);
    r->busy += seconds;
    r->tokens += tokens;
    write_log(r,
              (const ModelLogField[]){{"loss", (double)loss},
                                      {"rate", rate},
                                      {"norm", (double)norm},
                                      {"tokens_per_second", tokens / seconds}},
              4);
    if (r->writes)
        progress_update(&r->bar, r->state.step, "loss %.3f  gradient %.2f  %.0f tok/s", (double)loss,
                        (double)norm, tokens / seconds);
}

void run_note_evaluation(Run *r, float train, float held_out, double right)
{
    const ModelLogField fields[] = {{"train", (double)train}, {"val", (double)held_out}, {"right", right}};
    if (r->state.best_step < 0 || held_out < r->state.best) {
        r->state.best = held_out;
        r->state.best_step = r->state.step;
    }
    write_log(r, fields, right < 0 ? 2 : 3);
}

double run_speed(const Run *r)
{
    return r->busy > 0 ? r->tokens / r->busy : 0;
}

const char *run_non_finite(const Run *r, long step, const char *what, float value, char text[512])
{
    char where[NN_NON_FINITE_TEXT] = "";
    nn_non_finite_find(r->graph, r->state.params, where);
    snprintf(text, 512, "step %ld: %s is %s: %s; %s holds the checkpoint before it", step, what,
             isnan(value) ? "nan" : "infinite",
             where[0] ? where : "no weight, activation or gradient shows why", r->settings->out);
    return text;
}

/* ---- begin and end ------------------------------------------------------------------------------- */

static volatile sig_atomic_t stop_signal;

static void ask_to_stop(int signal)
{
    stop_signal = signal;
}

void run_catch_signals(void)
{
    signal(SIGINT, ask_to_stop);
    signal(SIGTERM, ask_to_stop);
}

int run_signal(void)
{
    return stop_signal;
}

void run_begin(Run *r)
{
    const RunSettings *s = r->settings;
    Error e = {""};
    char path[4096];
    nn_graph_multiply_in(r->graph, (TensorPrecision)s->training.precision);
    if (s->resume) {
        run_folder_resume(r);
        printf("resumed at step %ld\n", r->state.step);
    }
    r->bar = progress_resume("training", r->state.step, s->training.steps);
    if (!r->writes)
        return;
    if (!s->resume)
        run_folder_begin(r);
    bool evaluated = r->state.best_step >= 0; /* not the first state: it comes before all lines */
    r->log = model_log_open(run_path(s, "log.jsonl", path), evaluated ? r->state.step : -1, &e);
    if (!r->log)
        error_exit(&e);
}

enum { POINTS = 200 };

static void draw_curve(Plot *p, const char *log, const char *field, const char *en, const char *zh)
{
    float x[POINTS], y[POINTS];
    int count = model_log_curve(log, field, POINTS, x, y);
    plot_line(p, plot_text(en, zh), x, y, count);
}

/* Losses, and below them the gradient norm; without gnuplot the model is still good. */
static void draw_log(const RunSettings *s, const char *title_en, const char *title_zh)
{
    char log[4096], picture[4096];
    run_path(s, "log.jsonl", log);
    Plot *p = plot_new(run_path(s, "loss.svg", picture), s->language, plot_text(title_en, title_zh));
    plot_axes(p, plot_text("step", "步"), plot_text("loss (nats per token)", "损失（nat/词元）"));
    draw_curve(p, log, "loss", "training, each step", "训练，每一步");
    draw_curve(p, log, "val", "held out", "留出");
    plot_panel(p, plot_same(NULL));
    plot_axes(p, plot_text("step", "步"), plot_text("gradient norm", "梯度范数"));
    draw_curve(p, log, "norm", "gradient", "梯度");
    plot_finish(p, "picture");
}

/* Says whether the losses of all steps are those of several seeds. */
static void compare_with_band(const RunSettings *s, const char *band)
{
    char log[4096], picture[4096];
    int room = s->training.steps;
    float *step = memory_new(sizeof *step * (size_t)room), *loss = memory_new(sizeof *loss * (size_t)room);
    int count = model_log_curve(run_path(s, "log.jsonl", log), "loss", room, step, loss);
    plot_loss_report(&s->band, band, loss, count, run_path(s, "loss_band.svg", picture), s->language);
    free(step);
    free(loss);
}

void run_finish(Run *r, const char *title_en, const char *title_zh, const char *band, bool compare)
{
    const RunSettings *s = r->settings;
    model_log_close(r->log);
    draw_log(s, title_en, title_zh);
    if (compare || s->band.draw || s->band.curve)
        compare_with_band(s, band);
    if (r->state.best_step >= 0 && r->state.best_step < r->state.step)
        printf("lowest val %.4f at step %ld\n", (double)r->state.best, r->state.best_step);
}
