/* train.c -- a tokenizer from a text: the usual pipeline, its words counted, a model learnt on them. */
#include "common/tokenizer/parts.h"

#include "common/text/utf8.h"

#include <stdlib.h>

/* The pipelines, without the vocabularies; what Hugging Face's library makes for GPT-2, BERT and
 * SentencePiece. */
static const char *const pipelines[] = {
    [TOKENIZER_BPE] =
        "{'version':'1.0','truncation':null,'padding':null,'added_tokens':[],'normalizer':null,"
        "'pre_tokenizer':{'type':'ByteLevel','add_prefix_space':false,'trim_offsets':true,'use_regex':true}"
        ","
        "'post_processor':null,"
        "'decoder':{'type':'ByteLevel','add_prefix_space':false,'trim_offsets':true,'use_regex':true},"
        "'model':{'type':'BPE','dropout':null,'unk_token':null,'continuing_subword_prefix':null,"
        "'end_of_word_suffix':null,'fuse_unk':false,'byte_fallback':false,'ignore_merges':false}}",
    [TOKENIZER_WORDPIECE] =
        "{'version':'1.0','truncation':null,'padding':null,'added_tokens':[],"
        "'normalizer':{'type':'BertNormalizer','clean_text':true,'handle_chinese_chars':true,"
        "'strip_accents':null,'lowercase':true},"
        "'pre_tokenizer':{'type':'BertPreTokenizer'},'post_processor':null,"
        "'decoder':{'type':'WordPiece','prefix':'##','cleanup':true},"
        "'model':{'type':'WordPiece','unk_token':'[UNK]','continuing_subword_prefix':'##',"
        "'max_input_chars_per_word':100}}",
    [TOKENIZER_UNIGRAM] =
        "{'version':'1.0','truncation':null,'padding':null,'added_tokens':[],"
        "'normalizer':{'type':'NFKC'},"
        "'pre_tokenizer':{'type':'Metaspace','replacement':'▁','prepend_scheme':'always','split':true},"
        "'post_processor':null,"
        "'decoder':{'type':'Metaspace','replacement':'▁','prepend_scheme':'always','split':true},"
        "'model':{'type':'Unigram','unk_id':0,'byte_fallback':false}}"};

static const char *const usual_specials[][6] = {
    [TOKENIZER_BPE] = {"<|endoftext|>"},
    [TOKENIZER_WORDPIECE] = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"},
    [TOKENIZER_UNIGRAM] = {"<unk>", "<s>", "</s>"}};

static json_t *pipeline_of(TokenizerModel model)
{
    json_error_t fault;
    char *text = memory_string(pipelines[model]);
    for (char *c = text; *c; c++)
        *c = *c == '\'' ? '"' : *c;
    json_t *root = json_loads(text, 0, &fault);
    if (!root)
        FATAL("the pipeline of model %d is not JSON: %s", (int)model, fault.text);
    free(text);
    return root;
}

/* Before the pipeline's own cuts, words are cut at what the pattern matches. */
static void cut_apart(json_t *root, const char *pattern)
{
    json_t *cut = json_pack("{ss s{ss} ss sb}", "type", "Split", "pattern", "Regex", pattern, "behavior",
                            "Isolated", "invert", 0);
    json_object_set_new(root, "pre_tokenizer",
                        json_pack("{ss s[oO]}", "type", "Sequence", "pretokenizers", cut,
                                  json_object_get(root, "pre_tokenizer")));
}

/* ---- words --------------------------------------------------------------------------------------- */

void tokenizer_counts_add(WordCounts *w, const char *word, size_t size, int64_t times)
{
    int id = tokenizer_vocabulary_find(&w->words, word, size);
    if (id < 0) {
        id = w->words.count;
        tokenizer_vocabulary_put(&w->words, word, size, id);
        if (id >= w->room) {
            w->room = 2 * w->room + 1024;
            w->count = memory_resize(w->count, (size_t)w->room * sizeof *w->count);
        }
        w->count[id] = 0;
    }
    w->count[id] += times;
}

/* The words of what stands between special tokens: these are no text, and no token is learnt from their
 * letters. */
static bool pre_tokenize(const PreTokenizer *p, const Normalizer *n, const char *const *specials,
                         Piece text, Arena *arena, Pieces *words, Error *e)
{
    size_t from = 0, special;
    for (size_t at = 0; at <= text.size; at += special ? special : 1) {
        special = at < text.size ? tokenizer_special_at(specials, text.text + at, text.size - at) : 0;
        if (!special && at < text.size)
            continue;
        Piece piece = {text.text + from, at - from, text.first && from == 0};
        from = at + special;
        if (piece.size > 0 && ((n->count > 0 && !tokenizer_normalize(n, &piece, arena, e)) ||
                               !tokenizer_pre_tokenize(p, piece, arena, words, e)))
            return false;
    }
    return true;
}

static bool count_words(WordCounts *w, const json_t *root, const char *const *specials, Piece text,
                        Error *e)
{
    JsonReader r = {"pipeline", e, NULL};
    Normalizer n = {0};
    PreTokenizer p = {0};
    Pieces words = {0};
    Arena *arena = arena_new();
    bool good = tokenizer_normalizer_read(&n, json_object_get(root, "normalizer"), &r) &&
                tokenizer_pre_tokenizer_read(&p, json_object_get(root, "pre_tokenizer"), &r) &&
                pre_tokenize(&p, &n, specials, text, arena, &words, e);
    for (size_t i = 0; good && i < words.count; i++)
        tokenizer_counts_add(w, words.items[i].text, words.items[i].size, 1);
    good = good && (w->words.count > 0 || error_set(e, "the text to train on holds no word"));
    free(words.items);
    tokenizer_normalizer_free(&n);
    tokenizer_pre_tokenizer_free(&p);
    arena_free(arena);
    return good;
}

/* ---- the file ------------------------------------------------------------------------------------ */

static json_t *vocabulary_json(const Trained *trained, TokenizerModel model)
{
    json_t *list = model == TOKENIZER_UNIGRAM ? json_array() : json_object();
    for (int id = 0; id < trained->tokens.count; id++) {
        const char *name = trained->tokens.text[id];
        if (model == TOKENIZER_UNIGRAM)
            json_array_append_new(list, json_pack("[sf]", name, trained->score[id]));
        else
            json_object_set_new(list, name, json_integer(id));
    }
    return list;
}

static json_t *merges_json(const Trained *trained)
{
    json_t *list = json_array();
    for (int i = 0; i < trained->merge_count; i++)
        json_array_append_new(list, json_pack("[ss]", trained->tokens.text[trained->merges[2 * i]],
                                              trained->tokens.text[trained->merges[2 * i + 1]]));
    return list;
}

json_t *tokenizer_added_json(const char *const *specials, int first)
{
    json_t *list = json_array();
    for (int i = 0; specials[i]; i++)
        json_array_append_new(list, json_pack("{si ss sb sb sb sb sb}", "id", first + i, "content",
                                              specials[i], "single_word", 0, "lstrip", 0, "rstrip", 0,
                                              "normalized", 0, "special", 1));
    return list;
}

static json_t *special_item(const char *name, int type)
{
    return json_pack("{s{ss si}}", "SpecialToken", "id", name, "type_id", type);
}

static json_t *sequence_item(const char *name, int type)
{
    return json_pack("{s{ss si}}", "Sequence", "id", name, "type_id", type);
}

/* [CLS] $A [SEP] and [CLS] $A [SEP] $B [SEP], if both tokens are there. */
static json_t *bert_template(const Trained *trained)
{
    int cls = tokenizer_vocabulary_find(&trained->tokens, "[CLS]", 5);
    int sep = tokenizer_vocabulary_find(&trained->tokens, "[SEP]", 5);
    if (cls < 0 || sep < 0)
        return json_null();
    return json_pack("{ss s[ooo] s[ooooo] s{s{ss s[i] s[s]} s{ss s[i] s[s]}}}", "type",
                     "TemplateProcessing", "single", special_item("[CLS]", 0), sequence_item("A", 0),
                     special_item("[SEP]", 0), "pair", special_item("[CLS]", 0), sequence_item("A", 0),
                     special_item("[SEP]", 0), sequence_item("B", 1), special_item("[SEP]", 1),
                     "special_tokens", "[CLS]", "id", "[CLS]", "ids", cls, "tokens", "[CLS]", "[SEP]", "id",
                     "[SEP]", "ids", sep, "tokens", "[SEP]");
}

static void fill_in(json_t *root, const TokenizerTraining *how, const Trained *trained,
                    const char *const *specials)
{
    json_t *model = json_object_get(root, "model");
    json_object_set_new(root, "added_tokens", tokenizer_added_json(specials, 0));
    json_object_set_new(model, "vocab", vocabulary_json(trained, how->model));
    if (how->model == TOKENIZER_BPE)
        json_object_set_new(model, "merges", merges_json(trained));
    if (how->model == TOKENIZER_WORDPIECE)
        json_object_set_new(root, "post_processor", bert_template(trained));
}

static bool learn(const TokenizerTraining *how, const WordCounts *w, Trained *out, Error *e)
{
    if (how->model == TOKENIZER_UNIGRAM)
        return tokenizer_unigram_train(w, how, out, e);
    return tokenizer_bpe_train(w, how, how->model == TOKENIZER_BPE, how->model == TOKENIZER_BPE ? "" : "##",
                               out, e);
}

static void free_all(WordCounts *w, Trained *trained)
{
    tokenizer_vocabulary_free(&w->words);
    free(w->count);
    tokenizer_vocabulary_free(&trained->tokens);
    free(trained->merges);
    free(trained->score);
}

Tokenizer *tokenizer_train(const TokenizerTraining *how, const char *text, size_t size, Error *e)
{
    const char *const *specials = how->specials ? how->specials : usual_specials[how->model];
    json_t *root = pipeline_of(how->model);
    WordCounts words = {0};
    Trained trained = {0};
    Tokenizer *t = NULL;
    Bytes repaired = {0};
    Piece piece =
        how->model == TOKENIZER_BPE ? (Piece){text, size, true} : tokenizer_repair(text, size, &repaired);
    bool good = how->vocab >= 1 && how->vocab <= TOKENIZER_VOCAB_MAX;
    if (!good)
        error_set(e, "a vocabulary of %d: expected 1 to %d tokens", how->vocab, TOKENIZER_VOCAB_MAX);
    if (good && how->apart && how->model != TOKENIZER_BPE)
        good = error_set(e, "words to be cut apart: expected a BPE, which alone does that");
    if (how->apart)
        cut_apart(root, how->apart);
    for (int i = 0; specials[i]; i++)
        tokenizer_vocabulary_put(&trained.tokens, specials[i], strlen(specials[i]), i);
    if (good && count_words(&words, root, specials, piece, e) && learn(how, &words, &trained, e)) {
        fill_in(root, how, &trained, specials);
        t = tokenizer_from(root, "the trained tokenizer", e);
        root = NULL;
    }
    json_decref(root);
    free(repaired.at);
    free_all(&words, &trained);
    return t;
}
