/* bench_tokenizer.c -- times a tokenizer on a text: learning it, and encoding with it.
 *
 *     bench_tokenizer MODEL VOCAB FILE      seconds to learn, MB/s of encoding, tokens
 *     bench_tokenizer load VOCAB            seconds to load a tokenizer.json of so many tokens, and its MB
 *
 * Prints one line of numbers, for bench.sh to lay out: the best of several rounds. */
#include "common/base/base.h"
#include "common/tokenizer/tokenizer.h"

#include <stdlib.h>
#include <string.h>

static const double SECONDS = 2; /* at least two rounds, then as many as fit */

static Tokenizer *learn(const TokenizerTraining *how, const char *text, size_t size, double *best)
{
    Error e = {""};
    double start = clock_seconds();
    Tokenizer *t = NULL;
    *best = 1e30;
    for (int round = 0; round < 2 || clock_seconds() - start < SECONDS; round++) {
        double begin = clock_seconds();
        tokenizer_free(t);
        t = tokenizer_train(how, text, size, &e);
        if (!t)
            error_exit(&e);
        *best = clock_seconds() - begin < *best ? clock_seconds() - begin : *best;
    }
    return t;
}

static double encode(const Tokenizer *t, const char *text, size_t size, size_t *count)
{
    Error e = {""};
    TokenList tokens = {0};
    double start = clock_seconds(), best = 1e30;
    for (int round = 0; round < 2 || clock_seconds() - start < SECONDS; round++) {
        double begin = clock_seconds();
        tokens.count = 0;
        if (!tokenizer_encode(t, text, size, false, &tokens, &e))
            error_exit(&e);
        best = clock_seconds() - begin < best ? clock_seconds() - begin : best;
    }
    *count = tokens.count;
    tokenizer_tokens_free(&tokens);
    return best;
}

/* A BPE of made-up words: each token joins an earlier one and a letter. */
static char *made_up(int vocab, size_t *size)
{
    enum { LETTERS = 64, LONGEST = 24 };
    char(*names)[LONGEST] = memory_new(sizeof *names * (size_t)vocab), *json;
    FILE *f = open_memstream(&json, size);
    for (int id = 0; id < vocab; id++) {
        if (id < LETTERS)
            snprintf(names[id], LONGEST, "%c", '0' + id + (id > 43)); /* without the backslash */
        else
            snprintf(names[id], LONGEST, "%s%s", names[id / LETTERS - 1], names[id % LETTERS]);
    }
    fprintf(f, "{\"model\": {\"type\": \"BPE\", \"vocab\": {");
    for (int id = 0; id < vocab; id++)
        fprintf(f, "%s\n      \"%s\": %d", id ? "," : "", names[id], id);
    fprintf(f, "}, \"merges\": [");
    for (int id = LETTERS; id < vocab; id++)
        fprintf(f, "%s\n      \"%s %s\"", id > LETTERS ? "," : "", names[id / LETTERS - 1],
                names[id % LETTERS]);
    fprintf(f, "]}}");
    fclose(f);
    free(names);
    return json;
}

static void bench_load(int vocab)
{
    Error e = {""};
    size_t size;
    char *json = made_up(vocab, &size);
    double start = clock_seconds(), best = 1e30;
    for (int round = 0; round < 2 || clock_seconds() - start < SECONDS; round++) {
        double begin = clock_seconds();
        Tokenizer *t = tokenizer_parse(json, size, "made up", &e);
        best = clock_seconds() - begin < best ? clock_seconds() - begin : best;
        if (!t)
            error_exit(&e);
        tokenizer_free(t);
    }
    printf("%.3f %.1f\n", best, (double)size / 1e6);
    free(json);
}

int main(int argc, char **argv)
{
    static const char *const models[] = {"bpe", "wordpiece", "unigram"};
    Error e = {""};
    TokenizerTraining how = {.model = TOKENIZER_BPE};
    size_t size, count;
    double learning;
    error_program("bench_tokenizer");
    if (argc == 3 && strcmp(argv[1], "load") == 0 && atoi(argv[2]) > 0) {
        bench_load(atoi(argv[2]));
        return error_finish();
    }
    if (argc != 4 || atoi(argv[2]) < 1)
        error_exitf("usage: bench_tokenizer bpe|wordpiece|unigram VOCAB FILE, or load VOCAB");
    while (how.model < TOKENIZER_UNIGRAM && strcmp(argv[1], models[how.model]) != 0)
        how.model++;
    how.vocab = atoi(argv[2]);
    char *text = file_read(argv[3], &size, &e);
    if (!text)
        error_exit(&e);
    Tokenizer *t = learn(&how, text, size, &learning);
    double encoding = encode(t, text, size, &count);
    printf("%.3f %.1f %zu\n", learning, (double)size / encoding / 1e6, count);
    tokenizer_free(t);
    free(text);
    return error_finish();
}
