/* dataset_report.c -- the funnel: how many documents each stage leaves, and why the others went. */
#include "ch04/dataset.h"

#include "common/plot/plot.h"

static const PlotText stage_names[STAGES] = {
    [STAGE_TEXT] = {"have text", "有正文"},          [STAGE_EXACT] = {"no exact copy", "无完全重复"},
    [STAGE_LANGUAGE] = {"language", "语言"},         [STAGE_RULES] = {"rules", "规则"},
    [STAGE_CLASSIFIER] = {"classifier", "分类器"},   [STAGE_NEAR] = {"no near copy", "无近似重复"},
    [STAGE_TEST] = {"no test question", "无测试题"}, [STAGE_PERSONAL] = {"personal data", "个人信息"}};

/* documents and bytes left after each stage. Bytes are of text; what the lines and the masks took counts nowhere. */
static void funnel(const DatasetCounts *c, long documents[STAGES])
{
    long left = c->read.documents;
    for (int s = 0; s < STAGES; s++) {
        for (int r = 0; r < REASONS; r++)
            left -= reason_stage((Reason)r) == (Stage)s ? c->rejected[r].documents : 0;
        documents[s] = left;
    }
}

static void print_funnel(const DatasetCounts *c)
{
    long documents[STAGES];
    funnel(c, documents);
    Tabular *t = tabular_new();
    tabular_column(t, "after");
    tabular_numbers(t, "documents", NULL, 0, TABULAR_NONE);
    tabular_numbers(t, "of those before", "%", 1, TABULAR_NONE);
    tabular_row(t, "read", (double[]){(double)c->read.documents, 100});
    for (int s = 0; s < STAGES; s++) {
        long before = s ? documents[s - 1] : c->read.documents;
        double share = before ? 100.0 * (double)documents[s] / (double)before : 100;
        tabular_row(t, stage_names[s].en, (double[]){(double)documents[s], share});
    }
    tabular_print(t);
}

static void print_reasons(const DatasetCounts *c)
{
    Tabular *t = tabular_new();
    tabular_column(t, "rejected for");
    tabular_numbers(t, "documents", NULL, 0, TABULAR_NONE);
    tabular_numbers(t, "text", "KB", 1, TABULAR_NONE);
    for (int r = 0; r < REASONS; r++)
        if (c->rejected[r].documents > 0)
            tabular_row(t, reason_name((Reason)r),
                        (double[]){(double)c->rejected[r].documents, (double)c->rejected[r].bytes / 1024});
    tabular_print(t);
}

static long tokens_of(const Dataset *d)
{
    long tokens = 0;
    for (int i = 0; i < d->tokens.count; i++)
        tokens += d->tokens.items[i].tokens;
    return tokens;
}

void dataset_draw(const Dataset *d)
{
    char path[4096] = "ch04/out/dataset_build.svg";
    const DatasetCounts *c = &d->counts;
    long documents[STAGES];
    if (!d->settings->sample)
        dataset_path(d, "funnel.svg", path);
    float left[STAGES + 1] = {(float)c->read.documents};
    PlotText names[STAGES + 1] = {plot_text("read", "读入")};
    funnel(c, documents);
    for (int s = 0; s < STAGES; s++) {
        left[s + 1] = (float)documents[s];
        names[s + 1] = stage_names[s];
    }
    Plot *p = plot_new(path, d->settings->language,
                       plot_text("Documents left after each stage", "每个阶段之后剩下的文档"));
    plot_axes(p, plot_text("documents", "文档数"), plot_text("stage", "阶段"));
    plot_bars(p, plot_text(NULL, NULL), names, left, NULL, NULL, STAGES + 1);
    plot_finish(p, "picture");
}

void dataset_print(const Dataset *d)
{
    const DatasetCounts *c = &d->counts;
    printf("%d files, %ld damaged; %ld documents, %.1f KB\n\n", documents_files(d->documents),
           d->fault_count, c->read.documents, (double)c->read.bytes / 1024);
    print_funnel(c);
    putchar('\n');
    print_reasons(c);
    printf("\nkept: %ld documents in Chinese, %ld in English; %ld lines of them were dropped\n",
           c->kept[LANGUAGE_ZH].documents, c->kept[LANGUAGE_EN].documents, c->lines_dropped);
    printf("personal data %s: ", d->settings->personal == PERSONAL_MASK ? "masked" : "found and kept");
    const char *between = "";
    for (int k = 0; k < PII_KINDS; k++)
        if (c->personal[k] > 0) {
            printf("%s%s %ld", between, pii_kind_name((PiiKind)k), c->personal[k]);
            between = ", ";
        }
    long tokens = tokens_of(d);
    printf("%s\nshards: %d; tokens: %ld in sequences of %d; vocabulary: %d\n", *between ? "" : "none",
           d->tokens.count, tokens, d->settings->context, d->vocab);
    dataset_draw(d);
}

static void write_shards(FileWriter *w, const ShardList *l)
{
    file_printf(
        w, "\n| file | documents | bytes of text | tokens | xxh3 |\n| --- | ---: | ---: | ---: | --- |\n");
    for (int i = 0; i < l->count; i++) {
        const Shard *s = &l->items[i];
        file_printf(w, "| %s | %ld | %ld | %ld | %016llx |\n", s->name, s->documents, s->bytes, s->tokens,
                    (unsigned long long)s->hash);
    }
}

bool dataset_report(const Dataset *d, Error *e)
{
    char path[4096];
    const DatasetCounts *c = &d->counts;
    long documents[STAGES];
    FileWriter *w = file_create(dataset_path(d, "report.md", path), e);
    if (!w)
        return false;
    funnel(c, documents);
    file_printf(w, "# The data set\n\n![Documents left after each stage](%s)\n\n",
                d->settings->sample ? "../dataset_build.svg" : "funnel.svg");
    file_printf(w, "| after | documents |\n| --- | ---: |\n| read | %ld |\n", c->read.documents);
    for (int s = 0; s < STAGES; s++)
        file_printf(w, "| %s | %ld |\n", stage_names[s].en, documents[s]);
    file_printf(w, "\n| rejected for | documents | bytes of text |\n| --- | ---: | ---: |\n");
    for (int r = 0; r < REASONS; r++)
        file_printf(w, "| %s | %ld | %ld |\n", reason_name((Reason)r), c->rejected[r].documents,
                    c->rejected[r].bytes);
    file_printf(w, "\n| personal data | found |\n| --- | ---: |\n");
    for (int k = 0; k < PII_KINDS; k++)
        file_printf(w, "| %s | %ld |\n", pii_kind_name((PiiKind)k), c->personal[k]);
    write_shards(w, &d->text);
    write_shards(w, &d->tokens);
    for (int i = 0; i < d->fault_count && i < DATASET_FAULTS; i++)
        file_printf(w, "\nDamaged: %s\n", d->faults[i]);
    return file_commit(w, e);
}
