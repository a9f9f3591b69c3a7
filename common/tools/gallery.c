/* gallery.c -- one picture of every kind that common/plot draws, for authors to choose from and copy.
 *
 *     make gallery        draws build/gallery/NAME.svg and NAME.zh.svg
 *
 * The numbers are made up, but look like those of the chapters. The browser test measures these pictures as it does
 * the figures of the book. */
#include "common/plot/plot.h"

#include "common/base/rng.h"

#include <math.h>
#include <stdio.h>

enum { SEEDS = 5, STEPS = 120, POINTS = 4 };

static const PlotText NONE = {NULL, NULL};

/* A loss over training with a band over five seeds, a baseline, and a note. */
static void draw_seeds(void)
{
    static float step[STEPS], loss[SEEDS * STEPS];
    Rng rng = rng_new(1);
    for (int i = 0; i < SEEDS * STEPS; i++) {
        step[i % STEPS] = 10.0f * (float)(i % STEPS);
        loss[i] = 1.4f + 3 * expf(-(float)(i % STEPS) / 15) + 0.05f * (float)(i / STEPS) +
                  0.03f * rng_normal(&rng);
    }
    Plot *p =
        plot_new("build/gallery/seeds.svg", PLOT_BOTH, plot_text("Loss over five seeds", "五个种子的损失"));
    plot_axes(p, plot_text("step", "步"), plot_text("loss (nats per token)", "损失（nat/词元）"));
    plot_seeds(p, plot_text("held out", "留出"), step, loss, SEEDS, STEPS);
    plot_reference(p, plot_text("word frequencies", "词频"), (float[]){0, 1190}, (float[]){2.6f, 2.6f}, 2);
    plot_note(p, 100, loss[10], plot_text("warm-up ends", "预热结束"));
    plot_finish(p, "seeds");
}

/* Accuracy with its intervals over model size. */
static void draw_sizes(void)
{
    static const float size[POINTS] = {1e4f, 1e5f, 1e6f, 1e7f};
    static const float right[] = {0.31f, 0.52f, 0.81f, 0.95f}, low[] = {0.27f, 0.47f, 0.77f, 0.92f},
                       high[] = {0.36f, 0.57f, 0.85f, 0.97f}, chance[] = {0.25f, 0.25f, 0.25f, 0.25f};
    Plot *p = plot_new("build/gallery/sizes.svg", PLOT_BOTH,
                       plot_text("Accuracy, 95% intervals, n = 400", "准确率，95% 区间，n = 400"));
    plot_axes(p, plot_text("parameters", "参数量"), plot_text("accuracy", "准确率"));
    plot_log_axes(p, true, false);
    plot_limits(p, NAN, NAN, 0, 1);
    plot_intervals(p, plot_text("facts", "事实"), size, right, low, high, POINTS);
    plot_reference(p, plot_text("chance", "随机猜"), size, chance, POINTS);
    plot_finish(p, "sizes");
}

static void draw_bars(void)
{
    const PlotText methods[] = {
        plot_text("full fine-tuning", "全量微调"), plot_same("LoRA, r = 4"),
        plot_text("prompt tuning with twenty virtual tokens", "提示微调，二十个虚拟词元"),
        plot_text("not trained", "未训练")};
    Plot *p =
        plot_new("build/gallery/bars.svg", PLOT_BOTH, plot_text("Fine-tuning, n = 400", "微调，n = 400"));
    plot_axes(p, plot_text("accuracy (%)", "准确率（%）"), NONE);
    plot_bars(p, plot_text("seen", "见过的"), methods, (float[]){93, 92, 71, 50}, (float[]){90, 89, 66, 45},
              (float[]){95, 94, 75, 55}, 4);
    plot_bars(p, plot_text("unseen", "没见过的"), methods, (float[]){84, 85, 66, 50},
              (float[]){80, 81, 61, 45}, (float[]){87, 88, 71, 55}, 4);
    plot_finish(p, "bars");
}

/* Words in the plane of two principal components. */
static void draw_words(void)
{
    static const char *const royal[] = {"king", "queen", "prince", "国王", "女王"};
    static const char *const place[] = {"Paris", "Berlin", "Rome", "巴黎", "柏林"};
    static const float x[] = {-1.1f, -0.8f, -1.0f, -0.9f, -0.6f}, y[] = {0.9f, 1.1f, 0.6f, 0.8f, 1.0f};
    static const float x2[] = {0.9f, 1.1f, 0.7f, 0.8f, 1.2f}, y2[] = {-0.4f, -0.7f, -0.9f, -0.6f, -0.5f};
    Plot *p = plot_new("build/gallery/words.svg", PLOT_BOTH,
                       plot_text("Word vectors after a PCA", "词向量的主成分"));
    plot_axes(p, plot_text("first component", "第一主成分"), plot_text("second component", "第二主成分"));
    plot_words(p, plot_text("people", "人"), x, y, royal, 5);
    plot_words(p, plot_text("places", "地点"), x2, y2, place, 5);
    plot_finish(p, "words");
}

/* Heads of a layer: the same words in all of them, and a causal mask that leaves cells empty. */
static void draw_heads(void)
{
    enum { TIME = 6 };
    static const char *const words[TIME] = {"The", "animal", "was", "too", "tired", "."};
    float weight[TIME * TIME];
    Plot *p = plot_new("build/gallery/heads.svg", PLOT_BOTH, plot_text("Attention weights", "注意力权重"));
    plot_axes(p, plot_text("attends to", "看向"), plot_text("word", "词"));
    for (int head = 0; head < 2; head++) {
        for (int i = 0; i < TIME * TIME; i++) {
            int t = i / TIME, s = i % TIME;
            weight[i] = s > t ? NAN : head ? 1.0f / (float)(t + 1) : s == t ? 0.7f : 0.3f / (float)t;
        }
        weight[0] = 1;
        plot_panel(p, head ? plot_text("head 2", "头 2") : plot_text("head 1", "头 1"));
        plot_heatmap(p, weight, TIME, TIME, words, words);
    }
    plot_finish(p, "heads");
}

/* Alignment of two sentences, few enough cells for numbers. */
static void draw_alignment(void)
{
    static const char *const source[] = {"我", "看", "书"}, *const target[] = {"I", "read", "books"};
    static const float weight[] = {0.96f, 0.02f, 0.02f, 0.05f, 0.9f, 0.05f, 0.01f, 0.04f, 0.95f};
    Plot *p = plot_new("build/gallery/alignment.svg", PLOT_BOTH, plot_text("Alignment", "对齐"));
    plot_axes(p, plot_text("English word", "英文词"), plot_text("Chinese word", "中文词"));
    plot_heatmap(p, weight, 3, 3, source, target);
    plot_finish(p, "alignment");
}

/* Micro-batches in the stages of a pipeline. */
static void draw_timeline(void)
{
    enum { STAGES = 3, BATCHES = 4 };
    const PlotText rows[STAGES] = {plot_text("stage 1", "第 1 段"), plot_text("stage 2", "第 2 段"),
                                   plot_text("stage 3", "第 3 段")};
    Plot *p =
        plot_new("build/gallery/timeline.svg", PLOT_BOTH, plot_text("A pipeline, GPipe", "流水线，GPipe"));
    plot_axes(p, plot_text("time (ms)", "时间（ms）"), NONE);
    plot_rows(p, rows, STAGES);
    for (int i = 0; i < STAGES * BATCHES; i++) {
        int stage = i / BATCHES, batch = i % BATCHES;
        char label[8];
        snprintf(label, sizeof label, "%d", batch + 1);
        float forward = (float)(stage + batch),
              back = (float)(STAGES + BATCHES - 1 + 2 * (STAGES - 1 - stage + batch));
        plot_block(p, plot_text("forward", "前向"), stage, forward, forward + 1, label);
        plot_block(p, plot_text("backward", "反向"), stage, back, back + 2, label);
    }
    plot_finish(p, "timeline");
}

static void draw_histogram(void)
{
    enum { BINS = 20 };
    float edges[BINS + 1], before[BINS], after[BINS];
    for (int i = 0; i <= BINS; i++)
        edges[i] = -5 + 0.5f * (float)i;
    for (int i = 0; i < BINS; i++) {
        before[i] = 1000 * expf(-0.1f * (float)((i - 7) * (i - 7)));
        after[i] = 1000 * expf(-0.1f * (float)((i - 12) * (i - 12)));
    }
    Plot *p = plot_new("build/gallery/histogram.svg", PLOT_BOTH, plot_text("Rewards", "奖励的分布"));
    plot_axes(p, plot_text("reward", "奖励"), plot_text("answers", "回答数"));
    plot_histogram(p, plot_text("before", "之前"), edges, before, BINS);
    plot_histogram(p, plot_text("after", "之后"), edges, after, BINS);
    plot_finish(p, "histogram");
}

/* Two calibration diagrams, one above the other, on the same axes. */
static void draw_calibration(void)
{
    static const float said[] = {0.1f, 0.3f, 0.5f, 0.7f, 0.9f}, low[] = {0.1f, 0.18f, 0.33f, 0.5f, 0.7f},
                       high[] = {0.2f, 0.3f, 0.47f, 0.68f, 0.8f};
    static const float right[2][5] = {{0.15f, 0.24f, 0.4f, 0.59f, 0.75f},
                                      {0.12f, 0.28f, 0.45f, 0.66f, 0.8f}};
    Plot *p = plot_new("build/gallery/calibration.svg", PLOT_BOTH, plot_text("Calibration", "校准"));
    plot_axes(p, plot_text("confidence", "置信度"), plot_text("accuracy", "准确率"));
    for (int panel = 0; panel < 2; panel++) {
        plot_panel(p,
                   panel ? plot_text("temperature 1.5", "温度 1.5") : plot_text("as trained", "训练之后"));
        plot_limits(p, 0, 1, 0, 1);
        plot_reference(p, plot_text("perfect", "完全校准"), (float[]){0, 1}, (float[]){0, 1}, 2);
        plot_intervals(p, plot_text("measured", "实测"), said, right[panel], low, high, 5);
    }
    plot_finish(p, "calibration");
}

/* Small multiples: one curve in each of four panels, on the same axes; and the points it was measured at. */
static void draw_multiples(void)
{
    static const char *const names[] = {"SGD", "Momentum", "Adam", "AdamW"};
    float loss[STEPS], at[] = {20, 60, 100}, seen[3];
    Plot *p =
        plot_new("build/gallery/multiples.svg", PLOT_BOTH, plot_text("Four optimizers", "四种优化器"));
    plot_axes(p, plot_text("step", "步"), plot_text("loss", "损失"));
    plot_log_axes(p, false, true);
    for (int k = 0; k < 4; k++) {
        for (int i = 0; i < STEPS; i++)
            loss[i] = powf(10, -(float)i / (30 + 15 * (float)k));
        for (int i = 0; i < 3; i++)
            seen[i] = 1.3f * loss[(int)at[i]];
        plot_panel(p, plot_same(names[k]));
        plot_line(p, plot_text("training", "训练"), NULL, loss, STEPS);
        plot_points(p, plot_text("held out", "留出"), at, seen, 3);
    }
    plot_finish(p, "multiples");
}

int main(void)
{
    draw_seeds();
    draw_sizes();
    draw_bars();
    draw_words();
    draw_heads();
    draw_alignment();
    draw_timeline();
    draw_histogram();
    draw_calibration();
    draw_multiples();
    return error_finish();
}
