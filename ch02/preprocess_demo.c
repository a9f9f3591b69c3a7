/* preprocess_demo.c -- what is done to a text before it becomes tokens, and what that destroys, section 2.2.4.
 *
 * The same word can be written in many ways: with composed or separate accents, in full-width letters, with a space
 * that is none. For a model each way is another word. The program shows each step on examples, then damages a text as
 * real collections are damaged, and measures how much of it each step brings back. */
#include "common/base/base.h"
#include "common/text/corpus.h"
#include "common/text/utf8.h"
#include "common/tokenizer/tokenizer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

/* ---- the steps ----------------------------------------------------------------------------------------- */

typedef enum Step { STEP_LINES, STEP_INVISIBLE, STEP_NFC, STEP_NFKC, STEP_LOWER, STEP_ACCENTS, STEPS } Step;

static const char *const step_names[] = {"line ends, BOM", "invisible",  "NFC",
                                         "NFKC",           "lower case", "no accents"};

//> map
/* The Unicode forms are tables of thousands of rows; utf8proc has them. */
static char *map(const char *text, utf8proc_option_t options)
{
    utf8proc_uint8_t *out = NULL;
    utf8proc_ssize_t size = utf8proc_map((const utf8proc_uint8_t *)text, 0, &out,
                                         (utf8proc_option_t)(options | UTF8PROC_NULLTERM));
    if (size < 0)
        error_exitf("'%.40s': %s", text, utf8proc_errmsg(size));
    return (char *)out;
}

/* What nobody sees: zero-width spaces and joiners, soft hyphens, marks of direction. A joiner between emoji stays. */
static bool is_invisible(int c)
{
    return c == 0x200b || c == 0x00ad || c == 0x2060 || c == 0x200e || c == 0x200f || c == 0xfeff;
}

static char *without_invisible(const char *text)
{
    char *out = memory_new(strlen(text) + 1), *end = out;
    for (size_t left = strlen(text); left > 0;) {
        int length, c = text_utf8_decode(text, left, &length);
        if (!is_invisible(c)) {
            memcpy(end, text, (size_t)length);
            end += length;
        }
        text += length;
        left -= (size_t)length;
    }
    *end = '\0';
    return out;
}

static char *apply(Step step, const char *text)
{
    if (step == STEP_LINES) {
        char *copy = memory_string(text);
        size_t size = strlen(copy);
        text_corpus_clean(copy, &size);
        return copy;
    }
    if (step == STEP_INVISIBLE)
        return without_invisible(text);
    if (step == STEP_NFC)
        return map(text, UTF8PROC_COMPOSE | UTF8PROC_STABLE);
    if (step == STEP_NFKC)
        return map(text, UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_STABLE);
    if (step == STEP_LOWER)
        return map(text, UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD | UTF8PROC_STABLE);
    return map(text, UTF8PROC_COMPOSE | UTF8PROC_STRIPMARK | UTF8PROC_STABLE);
}
//< map

/* ---- examples ------------------------------------------------------------------------------------------ */

static int code_points(const char *text)
{
    int count = 0;
    for (; *text; text++)
        count += (*text & 0xc0) != 0x80;
    return count;
}

typedef struct Example {
    Step step;
    const char *text, *note;
} Example;

static void print_examples(void)
{
    static const Example examples[] = {
        {STEP_NFC, "cafe\u0301", "an accent of its own; looks like café"},
        {STEP_NFC, "\uf90a", "a compatibility ideograph becomes 金, U+91D1"},
        {STEP_NFKC, "ＧＰＴ－２，１２３", "full width"},
        {STEP_NFKC, "ﬁne ①", "a ligature, a number in a circle"},
        {STEP_NFKC, "x² + H₂O", "lost: the exponent is now a factor"},
        {STEP_LOWER, "Straße IT", "lost: IT and it"},
        {STEP_LOWER, "İstanbul", "the Turkish capital I becomes two code points"},
        {STEP_ACCENTS, "naïve Müller", "lost: Müller and Muller are two people"},
        {STEP_ACCENTS, "lǜ vs lù", "lost: two words of Chinese, in pinyin"},
        {STEP_INVISIBLE, "in\u200bvisible co\u00adoperate", "a zero-width space, a soft hyphen"},
        {STEP_LINES, "\ufeffone\r\ntwo", "a byte order mark, a line end of Windows"},
        {STEP_NFKC, "說 vs 说",
         "not changed: traditional and simplified characters are no matter of Unicode"},
        {STEP_NFKC, "p\u0430ypal", "not changed: one letter is Cyrillic"}};
    Tabular *t = tabular_new();
    tabular_column(t, "step");
    tabular_column(t, "before");
    tabular_column(t, "after");
    tabular_column(t, "bytes");
    tabular_column(t, "");
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
        const Example *x = &examples[i];
        char *after = apply(x->step, x->text), bytes[64], shown[2][64];
        snprintf(bytes, sizeof bytes, "%zu -> %zu", strlen(x->text), strlen(after));
        snprintf(shown[0], sizeof shown[0], "%s", x->step == STEP_LINES ? "[BOM]one[CR][LF]two" : x->text);
        snprintf(shown[1], sizeof shown[1], "%s", x->step == STEP_LINES ? "one[LF]two" : after);
        tabular_text(t, step_names[x->step]), tabular_text(t, shown[0]), tabular_text(t, shown[1]);
        tabular_text(t, bytes), tabular_text(t, x->note);
        free(after);
    }
    tabular_print(t);
}

/* One picture on the screen may be many code points. */
static void print_emoji(void)
{
    static const char *const emoji[] = {"👍", "👍🏽", "👩‍👩‍👧", "🇨🇳", "❤️"};
    puts("\nOne sign on the screen, in code points and bytes: a cut between them makes another sign");
    for (int i = 0; i < 5; i++) {
        printf("  %s ", emoji[i]);
        printf(" %d code points, %zu bytes:", code_points(emoji[i]), strlen(emoji[i]));
        for (const char *c = emoji[i]; *c;) {
            int length, code = text_utf8_decode(c, strlen(c), &length);
            printf(" U+%04X", (unsigned)code);
            c += length;
        }
        putchar('\n');
    }
}

/* ---- a damaged text ------------------------------------------------------------------------------------ */

//> damage
/* Writes a word as it is, or, one time in eight, in another way that occurs in collections from the web. */
static void damage_word(char *out, const char *word, Rng *rng)
{
    size_t size = strlen(word), at = 0;
    int how = rng_below(rng, 8 * 5), cut = size > 1 ? 1 + rng_below(rng, (int)size - 1) : 0;
    if (how > 4) {
        strcpy(out, word);
        return;
    }
    for (size_t i = 0; i < size; i++) {
        if (how == 0 && word[i] > ' ' && word[i] <= '~') /* full width */
            at += (size_t)text_utf8_encode(0xff00 + word[i] - ' ', out + at);
        else if (how == 1) /* capitals */
            out[at++] = word[i] >= 'a' && word[i] <= 'z' ? (char)(word[i] - 'a' + 'A') : word[i];
        else
            out[at++] = word[i];
        if (how == 2 && (int)i + 1 == cut) /* a zero-width space */
            at += (size_t)text_utf8_encode(0x200b, out + at);
        if (how == 3 && (int)i + 1 == cut) /* a soft hyphen */
            at += (size_t)text_utf8_encode(0x00ad, out + at);
    }
    if (how == 4) /* a space that does not break, in front of the next word */
        at += (size_t)text_utf8_encode(0x00a0, out + at);
    out[at] = '\0';
}
//< damage

static char *damage(const char *text, Rng *rng)
{
    char *copy = memory_string(text), *out = memory_new(4 * strlen(text) + 64), *end = out, word[512];
    for (char *rest = copy, *w; (w = strtok_r(rest, " \n", &rest));) {
        if (strlen(w) > 100)
            continue;
        damage_word(word, w, rng);
        end += sprintf(end, "%s%s", word, (w - copy) % 7 == 0 ? "\r\n" : " ");
    }
    free(copy);
    return out;
}

/* The share of words that are as they were, both in lower case or not. */
static double words_kept(const char *text, const char *clean)
{
    char *a = memory_string(text), *b = memory_string(clean), *rest_a = a, *rest_b = b;
    int same = 0, count = 0;
    for (char *x, *y; (x = strtok_r(rest_a, " \n\r", &rest_a)) && (y = strtok_r(rest_b, " \n\r", &rest_b));
         count++)
        same += strcmp(x, y) == 0;
    free(a);
    free(b);
    return count ? 100.0 * same / count : 0;
}

static size_t tokens_of(const Tokenizer *t, const char *text)
{
    Error e = {""};
    TokenList tokens = {0};
    if (!tokenizer_encode(t, text, strlen(text), false, &tokens, &e))
        error_exit(&e);
    size_t count = tokens.count;
    tokenizer_tokens_free(&tokens);
    return count;
}

static void print_repair(const char *train, const char *test, uint64_t seed)
{
    Error e = {""};
    Rng rng = rng_new(seed);
    TokenizerTraining how = {.model = TOKENIZER_BPE, .vocab = 2048};
    Tokenizer *bpe = tokenizer_train(&how, train, strlen(train), &e);
    if (!bpe)
        error_exit(&e);
    char *text = damage(test, &rng), *clean = memory_string(test);
    double tokens = (double)tokens_of(bpe, clean);
    Tabular *t = tabular_new();
    tabular_column(t, "text");
    tabular_numbers(t, "words as in the original", "%", 1, TABULAR_NONE);
    tabular_numbers(t, "tokens", "% of the original's", 1, TABULAR_NONE);
    for (int step = -1; step <= STEP_LOWER; step++) {
        if (step >= 0) {
            char *next = apply((Step)step, text), *next_clean = apply((Step)step, clean);
            free(text);
            free(clean);
            text = next;
            clean = next_clean;
        }
        tabular_text(t, step < 0 ? "damaged" : step_names[step]);
        tabular_number(t, words_kept(text, clean));
        tabular_number(t, 100 * (double)tokens_of(bpe, text) / tokens);
    }
    puts("\nA text with one word in eight written in another way, after each step (both texts go through "
         "it)");
    tabular_print(t);
    free(text);
    free(clean);
    tokenizer_free(bpe);
}

int main(int argc, char **argv)
{
    const char *corpus = "common/text/tinyshakespeare.txt";
    uint64_t seed = 1;
    char told[TEXT_TOLD];
    size_t size;
    Error e = {""};
    const Option options[] = {option_file("corpus", &corpus, "a text in English"), option_seed(&seed),
                              OPTION_END};
    options_parse(argc, argv,
                  "What is done to a text before it becomes tokens, and what that destroys, section 2.2.4.",
                  options);
    char *text = text_corpus_read(corpus, &size, told, &e);
    if (!text)
        error_exit(&e);
    size_t first = size * 9 / 10;
    while (first < size && text[first] != '\n')
        first++;
    char *test = memory_string(text + first);
    text[first] = '\0';
    print_examples();
    print_emoji();
    print_repair(text, test, seed);
    free(test);
    free(text);
    return error_finish();
}
