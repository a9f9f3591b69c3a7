/* bench_tokenizer.c -- times a tokenizer on a text: learning it, and encoding with it.
 *
 *     bench_tokenizer MODEL VOCAB FILE      seconds to learn, MB/s of encoding, tokens
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

int main(int argc, char **argv)
{
    static const char *const models[] = {"bpe", "wordpiece", "unigram"};
    Error e = {""};
    TokenizerTraining how = {.model = TOKENIZER_BPE};
    size_t size, count;
    double learning;
    error_program("bench_tokenizer");
    if (argc != 4 || atoi(argv[2]) < 1)
        error_exitf("usage: bench_tokenizer bpe|wordpiece|unigram VOCAB FILE");
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
