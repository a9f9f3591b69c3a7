/* tokenizers_demo.c -- BPE, WordPiece and Unigram on the same text, section 2.2.2.
 *
 * First byte pair encoding by hand, on sixteen words, against the library. Then three tokenizers learn from one text in
 * English and Chinese; shown is how each cuts a sentence, how many tokens unseen text takes by the size of the
 * vocabulary, what happens to numbers, and why the vocabulary of a byte-level tokenizer looks damaged and is not. */
#include "ch02/mixed_texts.h"
#include "common/base/base.h"
#include "common/tokenizer/tokenizer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- byte pair encoding by hand ------------------------------------------------------------------------ */

enum { WORDS = 4, MERGES = 8, SYMBOLS = 16, SYMBOL = 16 };

/* A word as a row of symbols, and how often it occurs. */
typedef struct Word {
    char symbols[SYMBOLS][SYMBOL];
    int length, times;
} Word;

//> bpe
/* How often symbol a is followed by symbol b, over all words. */
static int count_pair(const Word *words, const char *a, const char *b)
{
    int count = 0;
    for (int w = 0; w < WORDS; w++) {
        for (int i = 0; i + 1 < words[w].length; i++)
            count +=
                words[w].times * (!strcmp(words[w].symbols[i], a) && !strcmp(words[w].symbols[i + 1], b));
    }
    return count;
}

/* Letters come first, then what was joined, in the order in which it was learned. */
static int number_of(const char *symbol, char learned[MERGES][SYMBOL])
{
    int i = 0;
    while (symbol[1] && strcmp(learned[i], symbol) != 0)
        i++;
    return symbol[1] ? 256 + i : symbol[0];
}

/* The most frequent pair; of equally frequent ones that with the smaller numbers. */
static int best_pair(const Word *words, char learned[MERGES][SYMBOL], char a[SYMBOL], char b[SYMBOL])
{
    int best = 0, best_order = 0;
    for (int w = 0; w < WORDS; w++) {
        for (int i = 0; i + 1 < words[w].length; i++) {
            const char *left = words[w].symbols[i], *right = words[w].symbols[i + 1];
            int count = count_pair(words, left, right);
            int order = 1000 * number_of(left, learned) + number_of(right, learned);
            if (count > best || (count == best && order < best_order)) {
                best = count;
                best_order = order;
                strcpy(a, left);
                strcpy(b, right);
            }
        }
    }
    return best;
}

/* Joins the pair wherever it occurs. */
static void merge(Word *word, const char *a, const char *b)
{
    int kept = 0;
    for (int i = 0; i < word->length; i++, kept++) {
        char joined[2 * SYMBOL];
        bool both =
            i + 1 < word->length && !strcmp(word->symbols[i], a) && !strcmp(word->symbols[i + 1], b);
        snprintf(joined, sizeof joined, "%s%s", word->symbols[i], both ? word->symbols[i + 1] : "");
        snprintf(word->symbols[kept], SYMBOL, "%.15s", joined);
        i += both;
    }
    word->length = kept;
}
//< bpe

static Word word_of(const char *text, int times)
{
    Word w = {.length = (int)strlen(text), .times = times};
    for (int i = 0; i < w.length; i++)
        snprintf(w.symbols[i], SYMBOL, "%c", text[i]);
    return w;
}

static void learn(const TokenizerTraining *how, const char *text, Tokenizer **t)
{
    Error e = {""};
    *t = tokenizer_train(how, text, strlen(text), &e);
    if (!*t)
        error_exit(&e);
}

/* Sennrich et al., 2016: low five times, lower twice, newest six times, widest three times. */
static void by_hand(void)
{
    static const char text[] =
        "low low low low low lower lower newest newest newest newest newest newest widest widest "
        "widest";
    Word words[WORDS] = {word_of("low", 5), word_of("lower", 2), word_of("newest", 6),
                         word_of("widest", 3)};
    char lines[sizeof text], learned[MERGES][SYMBOL] = {""};
    int equal = 0;
    Tokenizer *t;
    TokenizerTraining how = {.model = TOKENIZER_BPE, .vocab = 257 + MERGES};
    for (size_t i = 0; i < sizeof text; i++)
        lines[i] = text[i] == ' ' ? '\n' : text[i]; /* a line break, unlike a space, joins no word */
    learn(&how, lines, &t);
    puts("Byte pair encoding by hand: low x 5, lower x 2, newest x 6, widest x 3");
    for (int m = 0; m < MERGES; m++) {
        char a[SYMBOL], b[SYMBOL];
        int times = best_pair(words, learned, a, b);
        for (int w = 0; w < WORDS; w++)
            merge(&words[w], a, b);
        strcat(strcpy(learned[m], a), b);
        equal += strcmp(learned[m], tokenizer_token(t, 257 + m)) == 0;
        printf("  %d. %s + %s, %d times:", m + 1, a, b, times);
        for (int w = 0; w < WORDS; w++) {
            printf("%s", w ? ", " : " ");
            for (int i = 0; i < words[w].length; i++)
                printf("%s%s", i ? "." : "", words[w].symbols[i]);
        }
        putchar('\n');
    }
    printf("The library learns the same tokens in the same order: %d of %d\n\n", equal, MERGES);
    tokenizer_free(t);
}

/* ---- three tokenizers, one text ------------------------------------------------------------------------ */

enum { MODELS = 3 };
static const char *const names[MODELS] = {"BPE", "WordPiece", "Unigram"};

static TokenList encode(const Tokenizer *t, const char *text)
{
    Error e = {""};
    TokenList tokens = {0};
    if (!tokenizer_encode(t, text, strlen(text), false, &tokens, &e))
        error_exit(&e);
    return tokens;
}

static size_t count_of(const char *text, bool characters)
{
    size_t count = 0;
    for (const char *c = text; *c; c++)
        count +=
            characters ? (*c & 0xc0) != 0x80 : (*c > ' ' && (c[1] == ' ' || c[1] == '\n' || c[1] == '\0'));
    return count;
}

static void print_cut(const char *name, const Tokenizer *t, const char *text)
{
    TokenList tokens = encode(t, text);
    printf("  %-10s %2zu:", name, tokens.count);
    for (size_t i = 0; i < tokens.count; i++)
        printf(" %s", tokenizer_token(t, tokens.ids[i]));
    putchar('\n');
    tokenizer_tokens_free(&tokens);
}

/* Tokens a word, or a character; and the share that is the unknown token. */
static void measure(Tabular *table, const Tokenizer *t, const char *text, bool characters)
{
    TokenList tokens = encode(t, text);
    int unknown = tokenizer_id(t, "[UNK]"), lost = 0;
    for (size_t i = 0; i < tokens.count; i++)
        lost += unknown >= 0 && tokens.ids[i] == unknown;
    tabular_number(table, (double)tokens.count / (double)count_of(text, characters));
    if (!characters)
        tabular_number(table, 100.0 * lost / (double)tokens.count);
    tokenizer_tokens_free(&tokens);
}

static void compare(const MixedTexts *texts)
{
    static const int sizes[] = {1000, 2000, 4000};
    static const char *const sentences[] = {"The unluckiest king speaks: 1024 ducats!",
                                            "小红在图书馆里找到了一本紫色的书。"};
    Tabular *table = tabular_new();
    tabular_column(table, "tokenizer");
    tabular_numbers(table, "vocabulary", NULL, 0, TABULAR_NONE);
    tabular_numbers(table, "tokens a word, English", NULL, 2, TABULAR_NONE);
    tabular_numbers(table, "unknown", "%", 2, TABULAR_NONE);
    tabular_numbers(table, "tokens a character, Chinese", NULL, 2, TABULAR_NONE);
    puts("The same sentences, cut with 4000 tokens each");
    for (int s = 0; s < 2 * MODELS; s++) {
        Tokenizer *t;
        TokenizerTraining how = {.model = (TokenizerModel)(s % MODELS), .vocab = 4000};
        learn(&how, texts->train, &t);
        print_cut(names[s % MODELS], t, sentences[s / MODELS]);
        tokenizer_free(t);
    }
    for (int m = 0; m < MODELS; m++) {
        for (int i = 0; i < 3; i++) {
            Tokenizer *t;
            TokenizerTraining how = {.model = (TokenizerModel)m, .vocab = sizes[i]};
            learn(&how, texts->train, &t);
            tabular_text(table, names[m]), tabular_number(table, tokenizer_count(t));
            measure(table, t, texts->english, false);
            measure(table, t, texts->chinese, true);
            tokenizer_free(t);
        }
    }
    puts("\nUnseen text, by the size of the vocabulary");
    tabular_print(table);
}

/* ---- numbers and bytes --------------------------------------------------------------------------------- */

//> numbers
/* How many of the numbers 0 to 999 are cut into one, two and three tokens. */
static void print_numbers(const char *name, const Tokenizer *t)
{
    int counts[4] = {0};
    for (int n = 0; n < 1000; n++) {
        char text[8];
        snprintf(text, sizeof text, "%d", n);
        TokenList tokens = encode(t, text);
        counts[tokens.count < 3 ? tokens.count : 3]++;
        tokenizer_tokens_free(&tokens);
    }
    printf("  %-24s one token %3d, two %3d, three %3d;  ", name, counts[1], counts[2], counts[3]);
    print_cut("", t, "7 17 117 711");
}
//< numbers

static void numbers_and_bytes(const MixedTexts *texts)
{
    static const char sign[] = "猫";
    Tokenizer *t, *digits;
    TokenizerTraining how = {.model = TOKENIZER_BPE, .vocab = 4000},
                      apart = {TOKENIZER_BPE, 4000, 0, NULL, "\\d"};
    learn(&how, texts->train, &t);
    learn(&apart, texts->train, &digits);
    puts("\nThe numbers 0 to 999, with 4000 tokens");
    print_numbers("BPE", t);
    print_numbers("BPE, digits apart", digits);
    TokenList tokens = encode(t, sign);
    printf("\n%s in the file: %s. It is no damage: the bytes", sign, tokenizer_token(t, tokens.ids[0]));
    for (const char *c = sign; *c; c++)
        printf(" %02X", (unsigned)(unsigned char)*c);
    printf(", each as a letter that can be seen.\n");
    tokenizer_tokens_free(&tokens);
    tokenizer_free(t);
    tokenizer_free(digits);
}

int main(int argc, char **argv)
{
    const char *corpus = "common/text/tinyshakespeare.txt";
    uint64_t seed = 1;
    const Option options[] = {option_file("corpus", &corpus, "a text in English"), option_seed(&seed),
                              OPTION_END};
    options_parse(argc, argv, "BPE, WordPiece and Unigram on the same text, section 2.2.2.", options);
    by_hand();
    MixedTexts texts = mixed_texts_new(corpus, seed);
    compare(&texts);
    numbers_and_bytes(&texts);
    mixed_texts_free(&texts);
    return error_finish();
}
