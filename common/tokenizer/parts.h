/* parts.h (inside) -- what the files of the tokenizer share. Users include tokenizer.h.
 *
 * A part of the pipeline is described by its JSON, in the file or written by
 * the trainer; each part reads its own (text_..._read) and says what is wrong
 * with it. The JSON is kept and written back as it was. */
#ifndef TOKENIZER_PARTS_H
#define TOKENIZER_PARTS_H

#include "common/base/arena.h"
#include "common/tokenizer/tokenizer.h"

#include <jansson.h>
#include <stdint.h>
#include <string.h>

/* ---- bytes, pieces ------------------------------------------------------------------------------- */

/* A string of bytes that grows. Start with {0}, free `at`. */
typedef struct Bytes {
    char *at;
    size_t size, room;
} Bytes;

void tokenizer_bytes_add(Bytes *b, const char *text, size_t size);
void tokenizer_bytes_add_code(Bytes *b, int code_point);

/* A piece of text that somebody else owns. */
typedef struct Piece {
    const char *text;
    size_t size;
    bool first; /* it stands at the very beginning of the text */
} Piece;

typedef struct Pieces {
    Piece *items;
    size_t count, room;
} Pieces;

void tokenizer_pieces_add(Pieces *p, const char *text, size_t size, bool first);

/* Counts the character at byte `at` of a word, which is left out. */
void tokenizer_tokens_drop(TokenList *t, Piece word, size_t at);

/* ---- Unicode: unicode.c -------------------------------------------------------------------------- */

bool tokenizer_is_white(int code);       /* White_Space */
bool tokenizer_is_letter(int code);      /* L */
bool tokenizer_is_number(int code);      /* N */
bool tokenizer_is_mark(int code);        /* M */
bool tokenizer_is_accent(int code);      /* Mn: a mark that takes no room of its own */
bool tokenizer_is_word(int code);        /* \w of Unicode's rules for regular expressions */
bool tokenizer_is_punctuation(int code); /* P, and ASCII's signs such as $ + < */
bool tokenizer_is_control(int code);     /* C, but for tab and the line breaks */
bool tokenizer_is_chinese(int code);     /* the blocks that BERT cuts into single characters */

/* GPT-2's alphabet: a visible character for every byte, the byte's own where
 * it has one. tokenizer_byte_of is -1 for any other code point. */
int tokenizer_byte_letter(int byte);
int tokenizer_byte_of(int code_point);

/* ---- the vocabulary: vocabulary.c, trie.c -------------------------------------------------------- */

/* Ids are below this in every file: the largest real vocabularies have a quarter of a million. */
enum { TOKENIZER_ID_MAX = 1 << 22 };

/* Strings and their numbers, both ways. Numbers may have gaps. */
typedef struct VocabularySlot {
    uint32_t hash;
    int id; /* -1: free */
} VocabularySlot;

typedef struct Vocabulary {
    char **text; /* (count) with a zero byte after each; NULL where a number is not used */
    int *size;   /* (count) */
    int count, room;
    VocabularySlot *slots;
    size_t slot_count, used; /* a power of two; strings that can be found */
} Vocabulary;

/* Gives the string that number, which is free. If the string is there already, it keeps being found
 * under its old number. */
void tokenizer_vocabulary_put(Vocabulary *v, const char *text, size_t size, int id);
int tokenizer_vocabulary_find(const Vocabulary *v, const char *text, size_t size); /* -1: not there */
bool tokenizer_vocabulary_has(const Vocabulary *v, int id);
void tokenizer_vocabulary_free(Vocabulary *v);

/* A tree of bytes that finds every token with which a text begins. Node 0 is the root. */
typedef struct TrieEdge {
    uint64_t key; /* node << 8 | byte, plus 1; 0: free */
    int to;
} TrieEdge;

typedef struct Trie {
    TrieEdge *edges;
    size_t edge_count, used; /* a power of two */
    int *ids;                /* (nodes) the token that ends here, or -1 */
    int nodes, room;
} Trie;

void tokenizer_trie_put(Trie *t, const char *text, size_t size, int id);
int tokenizer_trie_step(const Trie *t, int node, unsigned char byte); /* -1: no token goes on like that */
void tokenizer_trie_free(Trie *t);

/* ---- reading JSON: json.c, lists.c --------------------------------------------------------------- */

/* A JSON text that is read from its start. */
typedef struct JsonText {
    const char *at, *end;
} JsonText;

/* "vocab" and "merges" of "model" in the text of a file; NULL: not there. */
typedef struct JsonLists {
    JsonText vocabulary, merges;
} JsonLists;

/* Finds both, and makes the rest: the text with {} or [] in their place. False if there is no vocabulary. */
bool tokenizer_lists_cut(const char *json, size_t size, JsonLists *lists, Bytes *rest);

/* The next characters without blanks: a sign, or a string, which lies in the text or in *room. False: something else
 * is there, or a string that is not plain. */
void tokenizer_list_skip(JsonText *j);
bool tokenizer_list_sign(JsonText *j, char sign);
bool tokenizer_list_string(JsonText *j, Piece *text, Bytes *room);

/* {"a": 0, "b": 1} and [["a", -2.5], ["b", -3.25]]; false, without a message, if the list has another form. */
bool tokenizer_list_vocabulary(JsonText *j, Vocabulary *v);
bool tokenizer_list_scored(JsonText *j, Vocabulary *v, double **score);

typedef struct JsonReader {
    const char *path;
    Error *e;
    JsonLists *lists; /* where they are read from; NULL: from the tree, as all else */
} JsonReader;

/* Sets the error "PATH: PLACE: ..." and returns false. */
bool tokenizer_json_fault(const JsonReader *r, const char *place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A member of an object. Missing or null it is `otherwise`; of another type, or
 * missing where otherwise is NULL, it is an error. */
bool tokenizer_json_flag(const JsonReader *r, const char *place, const json_t *o, const char *key,
                         bool otherwise, bool *value);
bool tokenizer_json_string(const JsonReader *r, const char *place, const json_t *o, const char *key,
                           const char *otherwise, const char **value);
bool tokenizer_json_int(const JsonReader *r, const char *place, const json_t *o, const char *key, int min,
                        int max, int otherwise, int *value);

/* Calls `take` for a part, or for each of its parts, in order, if it is a
 * Sequence, whose parts stand under `key`. JSON null is no part at all. */
typedef bool TakePart(void *into, const json_t *part, const char *type, const JsonReader *r);
bool tokenizer_json_parts(const JsonReader *r, const char *place, const json_t *j, const char *key,
                          TakePart *take, void *into);

/* ---- patterns: pattern.c ------------------------------------------------------------------------- */

/* {"String": "x"} or {"Regex": "x"} */
typedef struct Pattern Pattern;
Pattern *tokenizer_pattern_read(const JsonReader *r, const char *place, const json_t *j);
Pattern *tokenizer_pattern_new(const char *regex, bool literal, Error *e);
void tokenizer_pattern_free(Pattern *p);

/* Appends the text with every match replaced; in an empty text there is none. */
bool tokenizer_pattern_replace(const Pattern *p, const char *content, Piece in, Bytes *out, Error *e);

/* The pattern in PCRE2's words, with a zero byte after them; oniguruma.c. False and *e if there are none. */
bool tokenizer_oniguruma_to_pcre2(const char *pattern, Bytes *out, Error *e);

/* The matches in a text, one after the other: tokenizer_search_next says 1 and where
 * the next one is, 0 if there is none, or -1 and *e if it is given up. A match
 * may be empty, but not where another has just ended. */
typedef struct Search {
    const Pattern *pattern;
    const char *text;
    size_t size;
    size_t start, end; /* of the match */
    bool matched;      /* a match ends at `end` */
    void *scratch;
} Search;

Search tokenizer_search_new(const Pattern *p, const char *text, size_t size);
int tokenizer_search_next(Search *s, Error *e);
void tokenizer_search_free(Search *s);

/* ---- the parts ----------------------------------------------------------------------------------- */

typedef enum NormalizerKind {
    NORMALIZE_NFC,
    NORMALIZE_NFD,
    NORMALIZE_NFKC,
    NORMALIZE_NFKD,
    NORMALIZE_LOWERCASE,
    NORMALIZE_STRIP_ACCENTS,
    NORMALIZE_BERT,
    NORMALIZE_PRECOMPILED,
    NORMALIZE_NMT,
    NORMALIZE_STRIP, /* it and those after it look at the whole text, those before at its characters */
    NORMALIZE_PREPEND,
    NORMALIZE_REPLACE,
    NORMALIZERS
} NormalizerKind;

/* SentencePiece's table of what characters become: charsmap.c. */
typedef struct Charsmap Charsmap;
Charsmap *tokenizer_charsmap_new(const char *base64, const JsonReader *r, const char *place);
void tokenizer_charsmap_free(Charsmap *c);
void tokenizer_charsmap_apply(const Charsmap *c, Piece in, Bytes *out);

typedef struct NormalizerStep {
    NormalizerKind kind;
    bool clean, chinese, accents, lower; /* BertNormalizer */
    bool left, right;                    /* Strip */
    char *content;                       /* Prepend, Replace */
    Pattern *pattern;                    /* Replace */
    Charsmap *charsmap;                  /* Precompiled */
} NormalizerStep;

typedef struct Normalizer {
    NormalizerStep *steps;
    int count;
} Normalizer;

bool tokenizer_normalizer_read(Normalizer *n, const json_t *j, const JsonReader *r);
void tokenizer_normalizer_free(Normalizer *n);

/* The piece after all steps; what is new lives in the arena. */
bool tokenizer_normalize(const Normalizer *n, Piece *piece, Arena *arena, Error *e);

typedef enum SplitBehaviour {
    SPLIT_REMOVED,
    SPLIT_ISOLATED,
    SPLIT_MERGED_WITH_PREVIOUS,
    SPLIT_MERGED_WITH_NEXT,
    SPLIT_CONTIGUOUS,
    SPLIT_BEHAVIOURS
} SplitBehaviour;

typedef enum PreTokenizerKind {
    SPLIT_BYTE_LEVEL,
    SPLIT_BERT,
    SPLIT_WHITESPACE,       /* \w+|[^\w\s]+ */
    SPLIT_WHITESPACE_SPLIT, /* at blanks alone */
    SPLIT_METASPACE,
    SPLIT_DIGITS,
    SPLIT_PUNCTUATION,
    SPLIT_DELIMITER,
    SPLIT_PATTERN,
    PRE_TOKENIZERS
} PreTokenizerKind;

typedef enum PrependScheme { PREPEND_ALWAYS, PREPEND_FIRST, PREPEND_NEVER, PREPEND_SCHEMES } PrependScheme;

typedef struct PreTokenizerStep {
    PreTokenizerKind kind;
    SplitBehaviour behaviour;
    bool invert;         /* Split: what does not match is the match */
    bool prefix_blank;   /* ByteLevel: a text that begins with a word gets a blank */
    bool cut;            /* ByteLevel: by GPT-2's rule; Metaspace: at the marks; Digits: one by one */
    PrependScheme where; /* Metaspace: which pieces get a mark in front */
    char *mark;          /* Metaspace, CharDelimiterSplit: a character */
    Pattern *pattern;
} PreTokenizerStep;

typedef struct PreTokenizer {
    PreTokenizerStep *steps;
    int count;
    bool byte_level; /* the last step is ByteLevel, and no other is: the model reads the bytes themselves */
    bool bytes;      /* some step is ByteLevel: the text may be any bytes */
} PreTokenizer;

/* Which pieces get a mark, of a Metaspace of the pre-tokenizer and of the decoder. */
bool tokenizer_metaspace_scheme(const JsonReader *r, const char *where, const json_t *j,
                                PrependScheme *scheme);

bool tokenizer_pre_tokenizer_read(PreTokenizer *p, const json_t *j, const JsonReader *r);
void tokenizer_pre_tokenizer_free(PreTokenizer *p);

/* Appends the words of a piece to *out; what is new lives in the arena. With byte_level
 * words are bytes; else ByteLevel spells them in the letters of the byte alphabet. */
bool tokenizer_pre_tokenize(const PreTokenizer *p, Piece piece, Arena *arena, Pieces *out, Error *e);

/* The bytes of the first word of a text by GPT-2's rule; gpt2_split.c. */
size_t tokenizer_gpt2_word(const char *text, size_t size);

/* The four models. Each appends the tokens of a word; where it has none and no unknown token either, it
 * returns false and the place in the word; a BPE leaves the character out.
 *
 * A merge: left and right become `to`; the smaller rank goes first. */
typedef struct Merge {
    uint64_t pair; /* left << 32 | right; UINT64_MAX: free */
    int rank, to;
} Merge;

typedef struct Bpe {
    Merge *merges;
    size_t slots, used; /* a power of two */
    int *order;         /* (2 x used) left and right of every merge by rank, for writing */
    bool byte_level, byte_fallback, fuse_unknown, ignore_merges;
    int unknown;      /* -1: none */
    int byte_id[256]; /* byte level: of the byte; byte fallback: of <0xNN>; -1: none */
    int last_id[256]; /* byte level: of the byte at the end of a word, where there is a suffix */
    /* byte level, (count): whether merging the token's bytes gives it itself; written where a word is first met, the
     * same by whichever thread */
    _Atomic unsigned char *whole;
    Vocabulary words; /* the tokens as a word spells them: byte level, their bytes */
    char *prefix;     /* in front of every character but the first of a word: "" mostly */
    char *suffix;     /* after the last one */
} Bpe;

enum { TOKENIZER_AFFIX_MAX = 64 }; /* bytes of prefix and of suffix, at most */

bool tokenizer_bpe_add_merge(Bpe *b, int left, int right, int to); /* false: it is there already */
const Merge *tokenizer_bpe_merge(const Bpe *b, int left, int right);
void tokenizer_bpe_prepare(Bpe *b, const Vocabulary *v); /* after the last merge, before added tokens */
void tokenizer_bpe_encode(const Bpe *b, Piece word, TokenList *out);
void tokenizer_bpe_free(Bpe *b);

typedef struct WordPiece {
    Trie first, inner; /* tokens at the beginning of a word, and inside it: without the "##" */
    char *prefix;
    int unknown, max; /* characters of a word that is still looked at */
} WordPiece;

void tokenizer_wordpiece_prepare(WordPiece *w, const Vocabulary *v);
bool tokenizer_wordpiece_encode(const WordPiece *w, Piece word, TokenList *out, const char **fault);
void tokenizer_wordpiece_free(WordPiece *w);

typedef struct Unigram {
    double *score; /* (count) ln of the probability */
    Trie trie;
    int unknown; /* -1: none */
    double unknown_score;
    bool byte_fallback;
    int byte_id[256];
} Unigram;

void tokenizer_unigram_prepare(Unigram *u, const Vocabulary *v);
bool tokenizer_unigram_encode(const Unigram *u, Piece word, TokenList *out, const char **fault);
void tokenizer_unigram_free(Unigram *u);

typedef struct WordLevel {
    Vocabulary words; /* those of the model, without added tokens */
    int unknown;      /* -1: none */
} WordLevel;

void tokenizer_wordlevel_prepare(WordLevel *w, const Vocabulary *v);
bool tokenizer_wordlevel_encode(const WordLevel *w, Piece word, TokenList *out, const char **fault);
void tokenizer_wordlevel_free(WordLevel *w);

/* <0x00> to <0xFF>, -1 for those that are not in the vocabulary. */
void tokenizer_byte_tokens(const Vocabulary *v, int ids[256]);

/* A token that is found in the text before the pipeline sees it. */
typedef struct AddedToken {
    int id;
    char *needle; /* what to look for: the content, normalized where `normalized` says so */
    size_t size;  /* of the needle */
    bool special, single_word, left, right, normalized;
} AddedToken;

/* What a template is made of: a token, or the ids of text A (-1) or B (-2). */
enum { TEMPLATE_A = -1, TEMPLATE_B = -2 };
typedef struct TemplateItem {
    int id, type;
} TemplateItem;

typedef struct Template {
    TemplateItem *items;
    int count;
} Template;

/* single and pair, from the post_processor. */
bool tokenizer_template_read(Template *single, Template *pair, const json_t *j, const JsonReader *r);

/* Tokens that it adds to those of the texts. */
size_t tokenizer_template_added(const Template *t);

/* Appends the texts as the template has them; without its tokens unless `special`. */
void tokenizer_template_fill(const Template *t, const TokenList *a, const TokenList *b, bool special,
                             TokenList *out);

typedef enum DecoderKind {
    DECODE_BYTE_LEVEL,
    DECODE_WORDPIECE,
    DECODE_METASPACE,
    DECODE_BPE,
    DECODE_FUSE,
    DECODE_BYTE_FALLBACK,
    DECODE_REPLACE,
    DECODE_STRIP,
    DECODERS
} DecoderKind;

typedef struct DecoderStep {
    DecoderKind kind;
    char *mark;        /* what is replaced or stripped */
    Pattern *pattern;  /* Replace */
    char *content;     /* Replace */
    bool cleanup;      /* WordPiece: no blank before a full stop */
    bool prefix_blank; /* Metaspace: the first blank goes */
    bool fused;        /* Strip: after a step that joins all tokens, so it strips the whole text */
    int start, stop;
} DecoderStep;

typedef struct Decoder {
    DecoderStep *steps;
    int count;
    bool none; /* the file has none: blanks go between tokens */
} Decoder;

bool tokenizer_decoder_read(Decoder *d, const json_t *j, const JsonReader *r);
void tokenizer_decoder_free(Decoder *d);

/* ---- the whole ----------------------------------------------------------------------------------- */

/* The added tokens to look for, by their first byte, the longest first. */
typedef struct Finder {
    int *order; /* (count) indices of added tokens */
    int first[257];
} Finder;

struct Tokenizer {
    TokenizerModel model;
    Vocabulary vocabulary; /* added tokens included */
    Bpe bpe;
    WordPiece wordpiece;
    Unigram unigram;
    WordLevel wordlevel;
    AddedToken *added;
    int added_count;
    unsigned char *flags; /* (vocabulary.count) */
    Finder raw, normal;   /* before and after the normalizer */
    Normalizer normalizer;
    PreTokenizer pre_tokenizer;
    Template single, pair;
    Decoder decoder;
    TokenizerTruncation truncation;
    TokenizerPadding padding;
    bool has_truncation, has_padding; /* the file has them */
    json_t *file;                     /* what was read, without the vocabulary and the merges */
};

enum { TOKEN_ADDED = 1, TOKEN_SPECIAL = 2, TOKEN_IN_MODEL = 4 };

/* "truncation" and "padding": batch.c. */
bool tokenizer_batch_read(Tokenizer *t, const json_t *root, const JsonReader *r);

/* The text, with U+FFFD for every byte that is not UTF-8; it then lies in *good. */
Piece tokenizer_repair(const char *text, size_t size, Bytes *good);

/* Somebody who watches a text on its way: each piece that the normalizer has made (the same, where there is none), each
 * word with the tokens that were appended for it (from `first` on), and each added token. */
typedef struct Watcher {
    void *user;
    void (*normalized)(void *user, Piece before, Piece after);
    void (*word)(void *user, Piece word, const TokenList *out, size_t first);
    void (*added)(void *user, Piece text, int id);
} Watcher;

/* tokenizer_encode_alone with a watcher, or NULL. */
bool tokenizer_encode_watched(const Tokenizer *t, const char *text, size_t size, TokenList *out,
                              const Watcher *watcher, Error *e);

/* The tokens of a text without a template, of type 0. */
bool tokenizer_encode_alone(const Tokenizer *t, const char *text, size_t size, TokenList *out, Error *e);

/* Sorts the added tokens into the finders, after they and the normalizer were read. */
bool tokenizer_find_added(Tokenizer *t, Error *e);

/* ---- training ------------------------------------------------------------------------------------ */

/* The distinct words of a text and how often each occurs. */
typedef struct WordCounts {
    Vocabulary words;
    int64_t *count; /* (words.count) */
    int room;
} WordCounts;

void tokenizer_counts_add(WordCounts *w, const char *word, size_t size, int64_t times);

/* What a trainer found. The names of the tokens in order; BPE: left, right of each merge; Unigram:
 * scores. */
typedef struct Trained {
    Vocabulary tokens;
    int *merges; /* (2 x merge_count) */
    int merge_count;
    double *score; /* (tokens.count) */
} Trained;

/* Both begin with the specials in out->tokens, and add to them. The names are
 * those of the file: letters of the byte alphabet, "##" in front. False and *e
 * if the vocabulary has no room for the characters. */
bool tokenizer_bpe_train(const WordCounts *w, const TokenizerTraining *how, bool byte_level,
                         const char *prefix, Trained *out, Error *e);
bool tokenizer_unigram_train(const WordCounts *w, const TokenizerTraining *how, Trained *out, Error *e);

/* Bytes of the longest of the special tokens (NULL-terminated) that a text of size > 0 begins with, or
 * 0. */
size_t tokenizer_special_at(const char *const *specials, const char *text, size_t size);

/* The list of special tokens, numbered from `first` on. */
json_t *tokenizer_added_json(const char *const *specials, int first);

/* tokenizer_parse that reads all of the text into a tree of JSON values: slower, and the one that has messages. */
Tokenizer *tokenizer_parse_tree(const char *json, size_t size, const char *name, Error *e);

/* A tokenizer from the JSON of its file, which it takes. */
Tokenizer *tokenizer_from(json_t *root, const char *name, Error *e);

#endif
