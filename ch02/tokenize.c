/* tokenize.c -- the tokenizer as a tool, section 2.2.2.
 *
 *     tokenize --train FILE --model bpe --vocab 4096 --out tokenizer.json
 *     tokenize --tokenizer tokenizer.json --encode <text >ids
 *     tokenize --tokenizer tokenizer.json --decode <ids >text
 *     tokenize --tokenizer tokenizer.json --tokens <text
 *     tokenize --tokenizer tokenizer.json --explain <text
 *     tokenize --tokenizer tokenizer.json --compare other.json <text
 *     tokenize --tokenizer tokenizer.json --tokens --lines --special --truncate 16 --pad 0 --mask <text
 *
 * It learns a tokenizer from a text, or uses one, its own or one that was
 * downloaded: the file is Hugging Face's tokenizer.json. What comes in on
 * standard input is taken as it is, its last line break included. */
#include "ch02/tokenize.h"
#include "common/base/base.h"
#include "common/text/corpus.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *read_input(size_t *size)
{
    size_t room = 1 << 16;
    char *text = memory_new(room);
    *size = 0;
    for (size_t got; (got = fread(text + *size, 1, room - *size - 1, stdin)) > 0;) {
        *size += got;
        if (room - *size < 2)
            text = memory_resize(text, room *= 2);
    }
    if (ferror(stdin))
        error_exitf("standard input cannot be read: %s", strerror(errno));
    text[*size] = '\0';
    return text;
}

/* ---- learning ------------------------------------------------------------------------------------ */

/* A text in tokens, each as its text between bars; a piece of a character as its bytes. */
static void print_tokens(const Tokenizer *t, const TokenList *tokens)
{
    TokenStream *stream = tokenizer_stream_new(t, true);
    Error e = {""};
    fputs("  |", stdout);
    for (size_t i = 0; i < tokens->count; i++) {
        const char *text = tokenizer_stream_add(stream, tokens->ids[i], &e);
        if (!text)
            error_exit(&e);
        printf("%s|", text);
    }
    puts(tokenizer_stream_end(stream));
    tokenizer_stream_free(stream);
}

static void show(const Tokenizer *t, const char *text, bool special)
{
    TokenList tokens = {0};
    Error e = {""};
    if (!tokenizer_encode(t, text, strlen(text), special, &tokens, &e))
        error_exitf("--show: %s", e.text);
    printf("\n\"%s\": %zu bytes, %zu tokens\n", text, strlen(text), tokens.count);
    print_tokens(t, &tokens);
    fputs("  ids:", stdout);
    for (size_t i = 0; i < tokens.count; i++)
        printf(" %d", tokens.ids[i]);
    putchar('\n');
    tokenizer_tokens_free(&tokens);
}

/* Writes the file, and makes the folder that it is to lie in. */
static bool save(const Tokenizer *t, const char *path, Error *e)
{
    const char *slash = strrchr(path, '/');
    char *folder = memory_string(path);
    folder[slash ? slash - path : 0] = '\0';
    bool good = (!folder[0] || file_make_directory(folder, e)) && tokenizer_save(t, path, e);
    free(folder);
    return good;
}

//> train
static void train(const Settings *s)
{
    Error e = {""};
    size_t size;
    char *text = file_read(s->train, &size, &e);
    if (!text)
        error_exit(&e);
    TextCleaned c = text_corpus_clean(text, &size);
    if (c.marks + c.line_ends > 0)
        printf("%s: %zu byte order marks went, %zu line ends with a carriage return became \\n\n", s->train,
               c.marks, c.line_ends);
    const TokenizerTraining how = {.model = (TokenizerModel)s->model, .vocab = s->vocab, .apart = s->apart};
    double start = clock_seconds();
    Tokenizer *t = tokenizer_train(&how, text, size, &e);
    double took = clock_seconds() - start;
    TokenList tokens = {0};
    if (!t || (s->out && !save(t, s->out, &e)) || !tokenizer_encode(t, text, size, false, &tokens, &e))
        error_exit(&e);
    printf("%s: %zu bytes are %zu tokens, %.2f bytes each; the vocabulary has %d\n", s->train, size,
           tokens.count, (double)size / (double)tokens.count, tokenizer_count(t));
    printf("learnt in %.2f s\n", took);
    if (s->out)
        printf("saved: %s\n", s->out);
    if (s->show)
        show(t, s->show, s->special);
    tokenizer_tokens_free(&tokens);
    tokenizer_free(t);
    free(text);
}
//< train

/* ---- using --------------------------------------------------------------------------------------- */

/* Ids, or with --tokens what they stand for. */
static void print_row(const Tokenizer *t, const Settings *s, const int *ids, int count)
{
    for (int i = 0; i < count; i++) {
        if (i > 0)
            putchar(' ');
        if (s->tokens)
            fputs(tokenizer_token(t, ids[i]), stdout);
        else
            printf("%d", ids[i]);
    }
    putchar('\n');
}

static void print_batch(const Tokenizer *t, const Settings *s, const TokenBatch *b)
{
    for (int i = 0; i < b->count; i++) {
        const int *mask = b->mask + (size_t)i * (size_t)b->length;
        print_row(t, s, b->ids + (size_t)i * (size_t)b->length, b->length);
        for (int j = 0; s->mask && j < b->length; j++)
            printf(j + 1 < b->length ? "%d " : "%d\n", mask[j]);
    }
}

/* What the options say goes before what the tokenizer's file says. */
static TokenizerTruncation truncation(const Tokenizer *t, const Settings *s)
{
    TokenizerTruncation cut;
    tokenizer_truncation(t, &cut);
    cut.max = s->truncate > 0 ? s->truncate : cut.max;
    cut.left |= s->left;
    return cut;
}

static TokenizerPadding padding(const Tokenizer *t, const Settings *s)
{
    TokenizerPadding fill;
    tokenizer_padding(t, &fill);
    fill.length = s->pad > 0 ? s->pad : fill.length;
    fill.left |= s->left;
    if (!tokenizer_token(t, fill.id))
        error_exitf("--pad: the vocabulary has no token %d to fill up with", fill.id);
    return fill;
}

/* The end of the text that starts at `start`: that of its line, or of the whole input. */
static size_t end_of(const Settings *s, const char *text, size_t size, size_t start)
{
    const char *end = s->lines ? memchr(text + start, '\n', size - start) : NULL;
    return end ? (size_t)(end - text) : size;
}

/* The tokens of each text, or of the one. */
static TokenList *encode_texts(const Tokenizer *t, const Settings *s, const char *text, size_t size,
                               int *count)
{
    const TokenizerTruncation cut = truncation(t, s);
    TokenList *lists = NULL;
    Error e = {""};
    size_t start = 0;
    for (*count = 0; start < size || *count == 0; (*count)++) {
        size_t end = end_of(s, text, size, start);
        lists = memory_resize(lists, (size_t)(*count + 1) * sizeof *lists);
        lists[*count] = (TokenList){0};
        if (!tokenizer_encode_cut(t, text + start, end - start, NULL, 0, s->special,
                                  s->truncate >= 0 ? &cut : NULL, &lists[*count], &e))
            error_exitf("standard input: %s", e.text);
        if (!tokenizer_complete(&lists[*count], &e))
            fprintf(stderr, "tokenize: left out %zu characters: %s\n", lists[*count].dropped.count, e.text);
        start = end + 1;
    }
    return lists;
}

//> encode
static void encode(const Tokenizer *t, const Settings *s, const char *text, size_t size)
{
    int count;
    TokenList *lists = encode_texts(t, s, text, size, &count);
    for (int i = 0; s->pad < 0 && i < count; i++)
        print_row(t, s, lists[i].ids, (int)lists[i].count);
    if (s->pad >= 0) {
        const TokenizerPadding fill = padding(t, s);
        TokenBatch batch;
        Error e = {""};
        if (!tokenizer_batch_fill(lists, count, &fill, &batch, &e))
            error_exit(&e);
        print_batch(t, s, &batch);
        tokenizer_batch_free(&batch);
    }
    for (int i = 0; i < count; i++)
        tokenizer_tokens_free(&lists[i]);
    free(lists);
}
//< encode

/* The numbers of a text, separated by blanks. */
static int *parse_ids(char *text, size_t size, size_t *count)
{
    int *ids = memory_new((size / 2 + 1) * sizeof *ids);
    if (strlen(text) != size)
        error_exitf("standard input: byte %zu is zero; expected numbers separated by blanks", strlen(text));
    *count = 0;
    for (char *rest = text, *word, *end; (word = strtok_r(rest, " \t\r\n", &rest));) {
        errno = 0;
        long id = strtol(word, &end, 10);
        if (*end || errno || id < 0 || id > INT_MAX)
            error_exitf("standard input: '%.40s' is not the number of a token", word);
        ids[(*count)++] = (int)id;
    }
    return ids;
}

//> decode
static void decode(const Tokenizer *t, const Settings *s, char *input, size_t size)
{
    Error e = {""};
    size_t count;
    int *ids = parse_ids(input, size, &count);
    char *text = tokenizer_decode(t, ids, count, s->special, &size, &e);
    if (!text)
        error_exitf("standard input: %s", e.text);
    fwrite(text, 1, size, stdout);
    free(text);
    free(ids);
}
//< decode

static void use(const Settings *s)
{
    Error e = {""};
    size_t size;
    Tokenizer *t = tokenizer_load(s->tokenizer, &e);
    if (!t)
        error_exit(&e);
    char *input = read_input(&size);
    Tokenizer *other = s->compare ? tokenizer_load(s->compare, &e) : NULL;
    if (s->compare && !other)
        error_exit(&e);
    if (s->decode)
        decode(t, s, input, size);
    else if (s->explain)
        tokenize_explain(t, input, size);
    else if (s->offsets)
        tokenize_offsets(t, input, size);
    else if (s->compare)
        tokenize_compare(t, other, s->tokenizer, s->compare, input, size);
    else
        encode(t, s, input, size);
    free(input);
    tokenizer_free(other);
    tokenizer_free(t);
}

int main(int argc, char **argv)
{
    Settings s = tokenize_settings(argc, argv);
    if (s.train)
        train(&s);
    else
        use(&s);
    return error_finish();
}
