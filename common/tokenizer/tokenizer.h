/* tokenizer.h -- text into token numbers and back; chapter 2, section 2.2.2.
 *
 * A tokenizer is a pipeline, as in Hugging Face's tokenizer.json:
 *
 *     text -> normalizer -> pre-tokenizer -> model -> post-processor -> ids
 *     ids  -> decoder -> text
 *
 *     normalizer      rewrites the text: NFC, lower case, no accents
 *     pre-tokenizer   cuts it into words, which no token may cross
 *     model           cuts a word into tokens of the vocabulary:
 *       BPE             joins neighbours, the pair learnt first goes first (Gage 1994; Sennrich et al.
 *                       2016); over bytes instead of characters it can write every text (GPT-2, 2019)
 *       WordPiece       takes the longest token that fits, from the left (Schuster and Nakajima 2012)
 *       Unigram         takes the cut with the largest product of probabilities (Kudo 2018)
 *       WordLevel       takes whole words
 *     post-processor  adds special tokens by a template: [CLS] $A [SEP] $B [SEP]
 *     decoder         puts tokens together again: undoes the byte alphabet, "##", the mark for a blank
 *
 * Text is bytes with a length, usually UTF-8. A byte-level BPE takes every
 * string of bytes, and decoding gives exactly these bytes back unless a
 * normalizer changed them. Every other model sees U+FFFD where the bytes are
 * not UTF-8.
 *
 *     Error e = {""};
 *     Tokenizer *t = tokenizer_load("tokenizer.json", &e);
 *     TokenList list = {0};
 *     if (!t || !tokenizer_encode(t, text, strlen(text), true, &list, &e))
 *         error_exit(&e);
 *     for (size_t i = 0; i < list.count; i++)
 *         printf("%d %s\n", list.ids[i], tokenizer_token(t, list.ids[i]));
 *     tokenizer_tokens_free(&list);
 *     tokenizer_free(t);
 *
 * A Tokenizer does not change after it was made, so threads may share it. */
#ifndef TOKENIZER_H
#define TOKENIZER_H

#include "common/base/error.h"

#include <stddef.h>

typedef struct Tokenizer Tokenizer;

/* Characters that were left out of a text, for they have no token: see tokenizer_complete. */
typedef struct TokensDropped {
    size_t count;
    int code;  /* the first of them, or -1 and the byte that is none */
    size_t at; /* the byte of the text where it stands; SIZE_MAX where a normalizer has made a new text */
} TokensDropped;

/* Ids, and the segment that each belongs to: 0, or 1 for the second text of a
 * pair. Start with {0}; tokenizer_tokens_free gives the memory back. */
typedef struct TokenList {
    int *ids;   /* (count) */
    int *types; /* (count) */
    size_t count, room;
    TokensDropped dropped;
} TokenList;

void tokenizer_tokens_add(TokenList *t, int id, int type);
void tokenizer_tokens_free(TokenList *t);

/* ---- encode -------------------------------------------------------------------------------------- */

/* Appends the ids of a text to *out. `special` adds what the template says.
 * Special tokens that are spelled out in the text become their ids in any
 * case, so a program that does not trust its text removes them before.
 * Where a piece of the text has no token and the model has no unknown token, a BPE
 * leaves it out and counts it, as Hugging Face's library does; every other model
 * says false and *e, which piece and where. So it is if a pattern gives up; *out may
 * then hold a part. */
bool tokenizer_encode(const Tokenizer *t, const char *text, size_t size, bool special, TokenList *out,
                      Error *e);

/* False and *e, which names the first of them, if characters were left out of a list. */
bool tokenizer_complete(const TokenList *t, Error *e);

/* The same for two texts, by the template for pairs. */
bool tokenizer_encode_pair(const Tokenizer *t, const char *a, size_t a_size, const char *b, size_t b_size,
                           bool special, TokenList *out, Error *e);

/* ---- batches: cutting and filling up ------------------------------------------------------------- */

/* What goes first when tokens are too many, as Hugging Face's library has it:
 *   TOKENIZER_LONGEST_FIRST  of the longer text; when both are cut, the shorter one keeps half, rounded down
 *   TOKENIZER_ONLY_FIRST     of the first text alone; an error if it would not keep a token
 *   TOKENIZER_ONLY_SECOND    of the second text alone, likewise */
typedef enum TokenizerStrategy {
    TOKENIZER_LONGEST_FIRST,
    TOKENIZER_ONLY_FIRST,
    TOKENIZER_ONLY_SECOND
} TokenizerStrategy;

typedef struct TokenizerTruncation {
    int max; /* tokens that stay, those of the template included, which always stay */
    TokenizerStrategy strategy;
    bool left; /* the beginning goes, not the end */
} TokenizerTruncation;

typedef struct TokenizerPadding {
    int length;   /* fill up to so many tokens at least; 0: to the longest of the batch */
    int multiple; /* and on to a multiple of this; 0: of any number */
    int id, type; /* of what fills up */
    bool left;    /* it goes in front */
} TokenizerPadding;

/* What the file says under "truncation" and "padding". False if it says nothing; *cut is then 512
 * tokens, the longest first, and *fill to the longest with token 0, both on the right, as Hugging Face's
 * defaults are. */
bool tokenizer_truncation(const Tokenizer *t, TokenizerTruncation *cut);
bool tokenizer_padding(const Tokenizer *t, TokenizerPadding *fill);

/* tokenizer_encode and, where b is not NULL, tokenizer_encode_pair, cut down. cut may be NULL. False and
 * *e also where the special tokens alone are too many, or the strategy cannot cut enough. */
bool tokenizer_encode_cut(const Tokenizer *t, const char *a, size_t a_size, const char *b, size_t b_size,
                          bool special, const TokenizerTruncation *cut, TokenList *out, Error *e);

/* Texts as a model takes them at once. */
typedef struct TokenBatch {
    int count, length; /* B texts, each T tokens long */
    int *ids;          /* (B,T) */
    int *types;        /* (B,T) */
    int *mask;         /* (B,T) the attention mask: 1 for a token, 0 for what fills up */
} TokenBatch;

/* Fills up. Nothing is cut: where a list is longer than fill->length, all become as long. False and *e
 * if the batch is too large (2^30 numbers). tokenizer_batch_free gives the memory back. */
bool tokenizer_batch_fill(const TokenList *lists, int count, const TokenizerPadding *fill, TokenBatch *out,
                          Error *e);
void tokenizer_batch_free(TokenBatch *b);

/* Encodes, cuts (cut may be NULL) and fills up `count` texts with a zero byte after each. seconds is
 * NULL, or has a second text, or NULL, for each. */
bool tokenizer_encode_batch(const Tokenizer *t, const char *const *texts, const char *const *seconds,
                            int count, bool special, const TokenizerTruncation *cut,
                            const TokenizerPadding *fill, TokenBatch *out, Error *e);

/* ---- decode -------------------------------------------------------------------------------------- */

/* The text of ids, with a zero byte after it; special tokens are left out
 * unless `special`. NULL and *e if an id is not in the vocabulary. The caller
 * frees it. Of a byte-level model it is the exact bytes, UTF-8 or not. */
char *tokenizer_decode(const Tokenizer *t, const int *ids, size_t count, bool special, size_t *size,
                       Error *e);

/* Decoding one id at a time, for text that is shown while it is written. What
 * comes out is always valid UTF-8 and never ends within a character: bytes of
 * an unfinished one wait for the next token; what cannot become a character
 * any more is shown as U+FFFD. Over all calls it is the text of
 * tokenizer_decode, but for that replacement. */
typedef struct TokenStream TokenStream;
TokenStream *tokenizer_stream_new(const Tokenizer *t, bool special);
void tokenizer_stream_free(TokenStream *s);

/* Tells the stream what stands before its text, such as a prompt that is shown already: nothing of it
 * comes out, but whether a blank belongs before the first new word depends on it. */
void tokenizer_stream_follow(TokenStream *s, const int *ids, size_t count);

/* What the id completes, perhaps "". It belongs to s until the next call. NULL and *e as above. */
const char *tokenizer_stream_add(TokenStream *s, int id, Error *e);

/* What still waits, at the end; the stream can then begin anew. */
const char *tokenizer_stream_end(TokenStream *s);

/* ---- the vocabulary ------------------------------------------------------------------------------ */

/* One more than the largest id, added tokens included: the rows of an embedding. */
int tokenizer_count(const Tokenizer *t);

/* The same without added tokens, unless the model's own vocabulary has them, too. */
int tokenizer_own_count(const Tokenizer *t);

/* A token as the file spells it ("Ġthe", "##ing"), NULL where a number is not used. Belongs to t. */
const char *tokenizer_token(const Tokenizer *t, int id);

/* The id of a token as the file spells it, or -1. */
int tokenizer_id(const Tokenizer *t, const char *token);

/* Whether the token is one of the special ones, which decoding leaves out. */
bool tokenizer_special(const Tokenizer *t, int id);

/* ---- files --------------------------------------------------------------------------------------- */

/* Reads tokenizer.json. Known components:
 *   model          BPE (merges as "a b" or ["a", "b"]), WordPiece, Unigram, WordLevel
 *   normalizer     NFC NFD NFKC NFKD Lowercase StripAccents BertNormalizer Precompiled Nmt Strip Prepend Replace
 *                  Sequence
 *   pre_tokenizer  ByteLevel BertPreTokenizer Whitespace WhitespaceSplit Metaspace Digits Punctuation
 *                  CharDelimiterSplit Split Sequence
 *   post_processor TemplateProcessing BertProcessing RobertaProcessing ByteLevel Sequence
 *   decoder        ByteLevel WordPiece Metaspace BPEDecoder Fuse ByteFallback Replace Strip Sequence
 * Any other is an error that names it; so is a setting of these that is not supported. "truncation" and
 * "padding" concern batches: they are applied where tokenizer_encode_batch is told to; of the windows of
 * a text that is cut (stride) only the first is made. Without a decoder the tokens are joined by blanks,
 * as Hugging Face's library does. An added token that is in the vocabulary has the number from there;
 * one whose number is taken gets the next free one. Patterns mean what they mean to Oniguruma, which
 * that library searches with; see oniguruma.c. NULL and *e, which names the file and the place, on
 * anything wrong. */
Tokenizer *tokenizer_load(const char *path, Error *e);

/* The same from memory; `name` stands for the path in messages. */
Tokenizer *tokenizer_parse(const char *json, size_t size, const char *name, Error *e);

bool tokenizer_save(const Tokenizer *t, const char *path, Error *e);

/* The same with more special tokens (NULL-terminated), whose ids follow tokenizer_count; one that is there already
 * stays what it is. The model then needs rows for them: model_decoder_grow. NULL and *e. */
Tokenizer *tokenizer_with_specials(const Tokenizer *t, const char *const *specials, Error *e);
void tokenizer_free(Tokenizer *t);

/* ---- training ------------------------------------------------------------------------------------ */

typedef enum TokenizerModel {
    TOKENIZER_BPE,
    TOKENIZER_WORDPIECE,
    TOKENIZER_UNIGRAM,
    TOKENIZER_WORDLEVEL /* can be read, not learnt */
} TokenizerModel;

typedef struct TokenizerTraining {
    TokenizerModel model;
    int vocab;                   /* tokens wanted, special tokens included */
    int min;                     /* BPE, WordPiece: a pair seen fewer times is not joined; 0 means 2 */
    const char *const *specials; /* NULL-terminated; NULL means the model's usual ones */
    const char *apart; /* BPE: all that this pattern, as in Split, matches is cut off as words of its own,
                          before GPT-2's rule; NULL: nothing is */
} TokenizerTraining;

enum { TOKENIZER_VOCAB_MAX = 1 << 20 };

/* Learns a tokenizer from a text. Special tokens that are spelled out in it are no part of it.
 *   TOKENIZER_BPE        bytes, cut by GPT-2's rule, no normalizer; "<|endoftext|>"
 *   TOKENIZER_WORDPIECE  BERT's normalizer (lower case) and words, "##" inside a
 *                   word; [PAD] [UNK] [CLS] [SEP] [MASK], BERT's templates
 *   TOKENIZER_UNIGRAM    NFKC, words that begin with the mark "▁" for a blank; <unk> <s> </s>
 * BPE and WordPiece join the most frequent pair, of equally frequent ones the
 * pair with the smaller left id, then the smaller right id, as Hugging Face's
 * library does (its WordPiece trainer, like this one, counts as BPE does;
 * Schuster and Nakajima choose the pair that gains most likelihood). Fewer
 * tokens come out when nothing is left to join. Unigram: see unigram_train.c;
 * fewer come out when the text has no use for more.
 * NULL and *e if the text holds no word, the vocabulary has no room for its
 * characters, the pattern is none, or it is given for another model than a BPE. */
Tokenizer *tokenizer_train(const TokenizerTraining *how, const char *text, size_t size, Error *e);

/* The tokenizer whose tokens are the characters of a text, in the order of their
 * code points; after them the specials (NULL-terminated, or NULL for none),
 * which do not count as text where they are spelled out in it. NULL and *e if
 * the text is not UTF-8, holds a zero byte, or has no character. */
Tokenizer *tokenizer_of_characters(const char *text, size_t size, const char *const *specials, Error *e);

#endif
