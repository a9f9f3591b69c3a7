/* show.c -- tables of answers and neighbours, and the map of two relations. */
#include "ch01/show.h"
#include "ch01/pca.h"
#include "common/base/base.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    NEIGHBOURS = 6,
    SHOWN_SENTENCES = 5,
    CAPITALS = 1,
    MAPPED_PAIRS = 7,
    PROBES = 4,
    MAPPED_WORDS = 2 * MAPPED_PAIRS
};

const char *show_language(WorldLanguage language)
{
    return language == WORLD_ZH ? "Chinese" : "English";
}

void show_free(Trained *t, int count)
{
    for (int i = 0; i < count; i++) {
        corpus_free(t[i].corpus);
        free(t[i].x);
    }
}

void show_ask(Trained *t)
{
    vectors_unit(t->x, t->corpus->vocab, t->C);
    for (int r = 0; r < CORPUS_RELATIONS; r++)
        t->answers[r] = vectors_ask(t->corpus, t->x, t->C, r);
}

/* The answers to all relations together, in per cent of the questions. */
typedef struct Shares {
    double out, in, beside; /* the question's words left out; left in; the word nearest to c */
} Shares;

static Shares shares_of(const Trained *t)
{
    Shares s = {0, 0, 0};
    double all = CORPUS_RELATIONS * VECTORS_QUESTIONS / 100.0;
    for (int r = 0; r < CORPUS_RELATIONS; r++) {
        s.out += t->answers[r].right / all;
        s.in += t->answers[r].right_in / all;
        s.beside += t->answers[r].beside / all;
    }
    return s;
}

void show_corpus(const Corpus *c)
{
    printf(
        "\n%s: %d sentences, %d words of text, %d different ones; %d sentences hold both words of a pair\n",
        c->language == WORLD_ZH ? "Chinese" : "English", c->sentences, c->tokens, c->vocab,
        corpus_stated(c));
    for (int s = 0; s < SHOWN_SENTENCES; s++) {
        printf(" ");
        for (int i = c->start[s]; i < c->start[s + 1]; i++)
            printf(" %s", c->word[c->ids[i]]);
        putchar('\n');
    }
}

static Tabular *table_of_shares(int decimals)
{
    Tabular *t = tabular_new();
    tabular_column(t, "language");
    tabular_column(t, "vectors");
    tabular_numbers(t, "left out", "%", decimals, TABULAR_NONE);
    tabular_numbers(t, "left in", "%", decimals, TABULAR_NONE);
    tabular_numbers(t, "nearest to c", "%", decimals, TABULAR_NONE);
    return t;
}

/* Mean and standard deviation over the seeds of each column. */
static void print_seeds(Tabular *t, const Trained *runs, int seeds)
{
    double out[seeds], in[seeds], beside[seeds];
    for (int k = 0; k < seeds; k++) {
        Shares share = shares_of(&runs[k]);
        out[k] = share.out;
        in[k] = share.in;
        beside[k] = share.beside;
    }
    tabular_seeds(t, out, seeds);
    tabular_seeds(t, in, seeds);
    tabular_seeds(t, beside, seeds);
}

void show_compare(const Trained *runs, int groups, int seeds)
{
    Tabular *t = table_of_shares(1);
    for (int i = 0; i < groups; i++) {
        tabular_text(t, show_language(runs[i * seeds].corpus->language));
        tabular_text(t, runs[i * seeds].model);
        print_seeds(t, &runs[i * seeds], seeds);
    }
    printf(
        "\nAnalogies a b, c ?: right answers of %d in per cent, mean +- standard deviation of %d seeds\n",
        CORPUS_RELATIONS * VECTORS_QUESTIONS, seeds);
    tabular_print(t);
}

/* The second pair asks for the first word's partner. */
static void print_example(const Trained *t, int relation, char *text, size_t room)
{
    int w[4];
    for (int i = 0; i < 4; i++)
        w[i] = corpus_pair(t->corpus, relation, i / 2, i % 2);
    int answer = vectors_analogy(t->x, t->corpus->vocab, t->C, w[0], w[1], w[2], false);
    snprintf(text, room, "%s %s, %s %s", t->corpus->word[w[0]], t->corpus->word[w[1]],
             t->corpus->word[w[2]], t->corpus->word[answer]);
}

static void show_relations(const Trained *t)
{
    Tabular *table = tabular_new();
    tabular_column(table, "relation");
    tabular_column(table, "for example");
    tabular_numbers(table, "right", "of 90", 0, TABULAR_NONE);
    tabular_numbers(table, "from", "%", 0, TABULAR_NONE);
    tabular_numbers(table, "to", "%", 0, TABULAR_NONE);
    tabular_numbers(table, "left in", NULL, 0, TABULAR_NONE);
    tabular_numbers(table, "c instead", NULL, 0, TABULAR_NONE);
    tabular_numbers(table, "nearest to c", NULL, 0, TABULAR_NONE);
    for (int r = 0; r < CORPUS_RELATIONS; r++) {
        const Answers *a = &t->answers[r];
        StatsInterval i = stats_wilson(a->right, a->questions, 0.95);
        char example[128];
        print_example(t, r, example, sizeof example);
        tabular_text(table, corpus_relation(t->corpus->language, r));
        tabular_text(table, example);
        tabular_number(table, a->right);
        tabular_number(table, 100 * i.low);
        tabular_number(table, 100 * i.high);
        tabular_number(table, a->right_in);
        tabular_number(table, a->c_in);
        tabular_number(table, a->beside);
    }
    tabular_print(table);
}

static void print_neighbours(const Trained *t, int word)
{
    int near[NEIGHBOURS];
    vectors_nearest(t->x, t->corpus->vocab, t->C, word, NEIGHBOURS, near);
    printf("  ");
    terminal_print(t->corpus->word[word], 9);
    for (int i = 0; i < NEIGHBOURS; i++)
        printf(" %s %.2f", t->corpus->word[near[i]], (double)vectors_cosine(t->x, t->C, word, near[i]));
    putchar('\n');
}

static void show_neighbours(const Trained *t)
{
    for (int r = 0; r < CORPUS_RELATIONS; r++)
        print_neighbours(t, corpus_pair(t->corpus, r, r, r % 2));
}

static double mean_cosine(const Trained *t, int word, int sense)
{
    double sum = 0;
    for (int i = 0; i < CORPUS_PEERS; i++)
        sum += (double)vectors_cosine(t->x, t->C, word, corpus_peer(t->corpus, sense, i)) / CORPUS_PEERS;
    return sum;
}

static void show_ambiguous(const Trained *t)
{
    WorldLanguage language = t->corpus->language;
    int word = corpus_ambiguous(t->corpus), one = corpus_peer(t->corpus, 0, 0),
        other = corpus_peer(t->corpus, 0, 1);
    print_neighbours(t, word);
    printf("            cosine to words of sense %s: %.2f, of sense %s: %.2f\n", corpus_sense(language, 0),
           mean_cosine(t, word, 0), corpus_sense(language, 1), mean_cosine(t, word, 1));
    printf("            between words of one sense: %.2f, of the two senses: %.2f\n",
           (double)vectors_cosine(t->x, t->C, one, other), mean_cosine(t, one, 1));
}

void show_vectors(const Trained *t)
{
    printf("\n%s, %s, one seed: the relations\n", show_language(t->corpus->language), t->model);
    show_relations(t);
    puts("Nearest neighbours, with the cosine");
    show_neighbours(t);
    puts("A word with two senses is one vector");
    show_ambiguous(t);
}

/* ---- counts ----------------------------------------------------------------------------------- */

/* P(k|i) / P(k|j), with P(k|i) = X_ik / X_i: large where k goes with i, small where it goes with j, and near 1 where it
 * goes with both or with neither. */
static double ratio(const float *X, int V, int i, int j, int k)
{
    double sum_i = 0, sum_j = 0;
    for (int w = 0; w < V; w++) {
        sum_i += (double)X[i * V + w];
        sum_j += (double)X[j * V + w];
    }
    return (double)X[i * V + k] / sum_i / ((double)X[j * V + k] / sum_j);
}

void show_ratios(const Corpus *c, const float *X)
{
    static const char *const words[WORLD_LANGUAGES][2 + PROBES] = {
        {"法国", "巴黎", "边境", "市长", "人们", "他"},
        {"france", "paris", "borders", "mayor", "people", "his"}};
    static const char *const why[PROBES] = {"goes with countries", "goes with capitals", "goes with both",
                                            "goes with neither"};
    const char *const *name = words[c->language];
    int V = c->vocab, i = corpus_find(c, name[0]), j = corpus_find(c, name[1]);
    Tabular *t = tabular_new();
    tabular_column(t, "k");
    tabular_numbers(t, "X(i,k)", NULL, 1, TABULAR_NONE);
    tabular_numbers(t, "X(j,k)", NULL, 1, TABULAR_NONE);
    tabular_numbers(t, "P(k|i) / P(k|j)", NULL, 2, TABULAR_NONE);
    tabular_column(t, "");
    for (int p = 0; p < PROBES; p++) {
        int k = corpus_find(c, name[2 + p]);
        tabular_text(t, name[2 + p]);
        tabular_number(t, (double)X[i * V + k]);
        tabular_number(t, (double)X[j * V + k]);
        tabular_number(t, ratio(X, V, i, j, k));
        tabular_text(t, why[p]);
    }
    printf("\nCounts near i = %s and j = %s, and their ratio\n", name[0], name[1]);
    tabular_print(t);
}

/* ---- pictures ------------------------------------------------------------------------------------ */

/* Countries, and then capitals, in the plane of their principal components; how much of their variance it holds. */
static double draw_capitals(Plot *p, const Trained *t)
{
    float x[MAPPED_WORDS * t->C], plane[2 * MAPPED_WORDS], share[2], across[2][MAPPED_PAIRS],
        up[2][MAPPED_PAIRS];
    const char *word[2][MAPPED_PAIRS];
    static const PlotText sides[] = {{"country", "国家"}, {"capital", "首都"}};
    for (int k = 0; k < MAPPED_WORDS; k++) {
        int w = corpus_pair(t->corpus, CAPITALS, k % MAPPED_PAIRS, k / MAPPED_PAIRS);
        word[k / MAPPED_PAIRS][k % MAPPED_PAIRS] = t->corpus->word[w];
        for (int i = 0; i < t->C; i++)
            x[k * t->C + i] = t->x[w * t->C + i];
    }
    pca_plane(x, MAPPED_WORDS, t->C, plane, share);
    for (int k = 0; k < MAPPED_WORDS; k++) {
        across[k / MAPPED_PAIRS][k % MAPPED_PAIRS] = plane[2 * k];
        up[k / MAPPED_PAIRS][k % MAPPED_PAIRS] = plane[2 * k + 1];
    }
    for (int i = 0; i < MAPPED_PAIRS; i++)
        plot_reference(p, plot_same(NULL), (float[]){across[0][i], across[1][i]},
                       (float[]){up[0][i], up[1][i]}, 2);
    for (int side = 0; side < 2; side++)
        plot_words(p, sides[side], across[side], up[side], word[side], MAPPED_PAIRS);
    return (double)(share[0] + share[1]);
}

/* clear and mixed: vectors from a corpus that tells the sides apart, and from one that does not. */
static void draw_map(const Trained *clear, const Trained *mixed, PlotLanguage language)
{
    Plot *p =
        plot_new("ch01/out/word2vec_map.svg", (int)language,
                 plot_text("Countries and capitals in two dimensions", "国家与首都：投影到两个主成分"));
    plot_axes(p, plot_text("first principal component", "第一主成分"),
              plot_text("second principal component", "第二主成分"));
    plot_panel(p, plot_text("blur 0: the relation is in the corpus", "混合程度 0：语料里有这种关系"));
    double with = draw_capitals(p, clear);
    plot_panel(p, plot_text("blur 1: it is not", "混合程度 1：语料里没有"));
    double without = draw_capitals(p, mixed);
    printf(
        "The plane of the map holds %.0f%% of the variance of the %s words at blur 0, %.0f%% at blur 1\n",
        100 * with, language == PLOT_ZH ? "Chinese" : "English", 100 * without);
    plot_finish(p, language == PLOT_ZH ? "map of the Chinese words" : "map of the English words");
}

void show_blur(const Trained *runs, const float *blurs, int count, int language)
{
    static const PlotText titles[] = {{"Chinese", "中文"}, {"English", "英文"}};
    Plot *p = plot_new("ch01/out/word2vec_blur.svg", language,
                       plot_text("Right answers without a relation", "没有关系，也能答对"));
    Tabular *t = table_of_shares(0);
    for (int l = 0; l < WORLD_LANGUAGES; l++) {
        float out[count], in[count], beside[count];
        for (int b = 0; b < count; b++) {
            Shares share = shares_of(&runs[l * count + b]);
            char name[32];
            snprintf(name, sizeof name, "blur %.1f", (double)blurs[b]);
            tabular_text(t, show_language((WorldLanguage)l));
            tabular_text(t, name);
            tabular_number(t, out[b] = (float)share.out);
            tabular_number(t, in[b] = (float)share.in);
            tabular_number(t, beside[b] = (float)share.beside);
        }
        plot_panel(p, titles[l]);
        plot_axes(p, plot_text("blur", "混合程度"), plot_text("right (%)", "答对（%）"));
        plot_limits(p, 0, 1, 0, 100);
        plot_line(p, plot_text("question's words left out", "排除题中的词"), blurs, out, count);
        plot_line(p, plot_text("left in", "不排除"), blurs, in, count);
        plot_line(p, plot_text("the word nearest to c", "离 c 最近的词"), blurs, beside, count);
    }
    puts("\nThe sides of every relation mixed more and more; at blur 1 nothing tells them apart");
    tabular_print(t);
    plot_finish(p, "picture");
    if (language != PLOT_ZH)
        draw_map(&runs[WORLD_EN * count], &runs[WORLD_EN * count + count - 1], PLOT_EN);
    if (language != PLOT_EN)
        draw_map(&runs[WORLD_ZH * count], &runs[WORLD_ZH * count + count - 1], PLOT_ZH);
}
