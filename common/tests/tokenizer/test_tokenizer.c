/* test_tokenizer.c -- the parts of the pipeline, streams, files good and hostile. */
#include "common/base/base.h"
#include "common/tokenizer/parts.h"
#include "common/text/utf8.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char folder[64], path[96]; /* a folder of each test's own, and a file in it */

static void make_folder(void)
{
    snprintf(folder, sizeof folder, "/tmp/test_tokenizer.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/tokenizer.json", folder);
}

static void remove_folder(void)
{
    unlink(path);
    ck_assert_int_eq(rmdir(folder), 0); /* nothing else was left behind */
}

/* JSON in this file is written with ' for ". */
static char *json_of(const char *text)
{
    char *json = memory_string(text);
    for (char *c = json; *c; c++)
        *c = *c == '\'' ? '"' : *c;
    return json;
}

static Tokenizer *parse(const char *text, Error *e)
{
    char *json = json_of(text);
    Tokenizer *t = tokenizer_parse(json, strlen(json), "t.json", e);
    free(json);
    return t;
}

static Tokenizer *make(const char *text)
{
    Error e = {""};
    Tokenizer *t = parse(text, &e);
    ck_assert_msg(t, "%s", e.text);
    return t;
}

/* The tokens of a text, each followed by a bar. */
static void tokens_of(const Tokenizer *t, const char *text, bool special, char *out)
{
    TokenList got = {0};
    Error e = {""};
    ck_assert_msg(tokenizer_encode(t, text, strlen(text), special, &got, &e), "%s", e.text);
    *out = '\0';
    for (size_t i = 0; i < got.count; i++)
        out += sprintf(out, "%s|", tokenizer_token(t, got.ids[i]));
    tokenizer_tokens_free(&got);
}

/* ---- words --------------------------------------------------------------------------------------- */

/* What Hugging Face's documentation and the rules of its library say. */
static const struct {
    const char *json, *text, *words;
} words[] = {
    {"{'type':'Split','pattern':{'String':'-'},'behavior':'Removed','invert':false}",
     "the-final--countdown", "the|final|countdown|"},
    {"{'type':'Split','pattern':{'String':'-'},'behavior':'Isolated','invert':false}",
     "the-final--countdown", "the|-|final|-|-|countdown|"},
    {"{'type':'Split','pattern':{'String':'-'},'behavior':'MergedWithPrevious','invert':false}",
     "the-final--countdown", "the-|final-|-|countdown|"},
    {"{'type':'Split','pattern':{'String':'-'},'behavior':'MergedWithNext','invert':false}",
     "the-final--countdown", "the|-final|-|-countdown|"},
    {"{'type':'Split','pattern':{'String':'-'},'behavior':'Contiguous','invert':false}",
     "the-final--countdown", "the|-|final|--|countdown|"},
    {"{'type':'Split','pattern':{'Regex':'[a-z]+'},'behavior':'Removed','invert':true}", "ab1cd--ef",
     "ab|cd|ef|"},
    {"{'type':'Split','pattern':{'Regex':'x*'},'behavior':'Isolated'}", "axxb", "a|xx|b|"},
    /* an empty match is a border */
    {"{'type':'Split','pattern':{'Regex':'x*'},'behavior':'Isolated'}", "abxxc", "a|b|xx|c|"},
    {"{'type':'Split','pattern':{'Regex':'(?=[A-Z])'},'behavior':'Removed'}", "aCamelCase",
     "a|Camel|Case|"},
    {"{'type':'Split','pattern':{'Regex':'(?<=-)'},'behavior':'Contiguous'}", "a-b-c", "a-|b-|c|"},
    {"{'type':'Split','pattern':{'String':''},'behavior':'Isolated'}", "a中b", "a|中|b|"},
    /* what Oniguruma reads otherwise than PCRE2 */
    {"{'type':'Split','pattern':{'Regex':'^.'},'behavior':'Isolated'}", "ab\ncd", "a|b\n|c|d|"},
    {"{'type':'Split','pattern':{'Regex':'\\\\w+|[^\\\\w\\\\s]+'},'behavior':'Removed','invert':true}",
     "हिन्दी ½ cafe\u0301_1", "हिन्दी|½|cafe\u0301_1|"},
    {"{'type':'Split','pattern':{'Regex':'\\\\b'},'behavior':'Isolated'}", "हिन्दी, x", "हिन्दी|, |x|"},
    {"{'type':'Split','pattern':{'Regex':'\\\\B'},'behavior':'Isolated'}", "né ", "n|é |"},
    {"{'type':'Split','pattern':{'Regex':'\\\\W+'},'behavior':'Removed'}", "हिन्दी, x", "हिन्दी|x|"},
    {"{'type':'Split','pattern':{'Regex':'\\\\h+'},'behavior':'Isolated'}", "xyzFade \t", "xyz|Fade| \t|"},
    {"{'type':'Split','pattern':{'Regex':'[\\\\u4e00-\\\\u9fff]+'},'behavior':'Isolated'}", "ab中文c",
     "ab|中文|c|"},
    {"{'type':'Split','pattern':{'Regex':'\\\\p{Nd}{3}+|(?:中文){2}+'},'behavior':'Isolated'}",
     "1234567中文中文中文中文", "123456|7|中文中文中文中文|"},
    {"{'type':'Split','pattern':{'Regex':'-{,2}'},'behavior':'Removed'}", "a---b", "a|b|"},
    {"{'type':'Split','pattern':{'Regex':' ?[^(\\\\s|[.,!?…。，、।۔،])]+'},'behavior':'Isolated'}", /* BLOOM's */
     "Hello, (wo|rld) 你好。", "Hello|, (|wo|||rld|)| 你好|。|"},
    {"{'type':'Split','pattern':{'Regex':'[]x[:digit:]]+'},'behavior':'Isolated'}", "a]1xb", "a|]1x|b|"},
    {"{'type':'Digits','individual_digits':false}", "a12b ٣٤½", "a|12|b |٣٤½|"},
    {"{'type':'Digits','individual_digits':true}", "a12b ٣٤½", "a|1|2|b |٣|٤|½|"},
    {"{'type':'Punctuation','behavior':'Isolated'}", "Hi!? «ok» $1", "Hi|!|?| |«|ok|»| |$|1|"},
    {"{'type':'Punctuation'}", "a,b", "a|,|b|"},
    {"{'type':'Punctuation','behavior':'Contiguous'}", "Hi!? ok", "Hi|!?| ok|"},
    {"{'type':'Whitespace'}",
     "don't stop, café_9  ½!?\xc2\x85"
     "x",
     "don|'|t|stop|,|café_9|½!?|x|"},
    {"{'type':'WhitespaceSplit'}",
     " Hi,  there\xc2\x85"
     "x ",
     "Hi,|there|x|"},
    {"{'type':'BertPreTokenizer'}", "Hi, `x`=1…y", "Hi|,|`|x|`|=|1|…|y|"},
    {"{'type':'CharDelimiterSplit','delimiter':'·'}", "a·b··c", "a|b|c|"},
    {"{'type':'Metaspace','replacement':'▁','prepend_scheme':'always'}", "Hey   friend!",
     "▁Hey|▁|▁|▁friend!|"},
    {"{'type':'Metaspace','replacement':'_','add_prefix_space':true}", " Hey you", "_Hey|_you|"},
    {"{'type':'Metaspace','replacement':'▁','prepend_scheme':'never'}", "Hey you", "Hey|▁you|"},
    {"{'type':'Metaspace','replacement':'▁','prepend_scheme':'always','split':false}", "Hey you",
     "▁Hey▁you|"},
    {"{'type':'Sequence','pretokenizers':[{'type':'WhitespaceSplit'},{'type':'Metaspace',"
     "'prepend_scheme':'first'}]}",
     "Hey you", "▁Hey|you|"},
    {"{'type':'Sequence','pretokenizers':[{'type':'WhitespaceSplit'},{'type':'Sequence','pretokenizers':"
     "[{'type':'Punctuation'},{'type':'Digits'}]}]}",
     "Hey you: 3x", "Hey|you|:|3|x|"},
    {"{'type':'Sequence','pretokenizers':[]}", "a b", "a b|"},
    {"{'type':'ByteLevel','add_prefix_space':true,'use_regex':true}", "Hey you", " Hey| you|"},
    {"{'type':'ByteLevel','add_prefix_space':false,'use_regex':false}", "Hey you", "Hey you|"},
};

START_TEST(words_are_cut)
{
    char *json = json_of(words[_i].json), got[200] = "", *out = got;
    Error e = {""};
    JsonReader r = {"t", &e, NULL};
    PreTokenizer p = {0};
    Pieces pieces = {0};
    Arena *arena = arena_new();
    json_t *j = json_loads(json, 0, NULL);
    ck_assert_msg(tokenizer_pre_tokenizer_read(&p, j, &r), "%s", e.text);
    Piece text = {words[_i].text, strlen(words[_i].text), true};
    ck_assert_msg(tokenizer_pre_tokenize(&p, text, arena, &pieces, &e), "%s", e.text);
    for (size_t i = 0; i < pieces.count; i++)
        out += sprintf(out, "%.*s|", (int)pieces.items[i].size, pieces.items[i].text);
    ck_assert_str_eq(got, words[_i].words);
    free(pieces.items);
    tokenizer_pre_tokenizer_free(&p);
    arena_free(arena);
    json_decref(j);
    free(json);
}
END_TEST

/* ---- normalizers --------------------------------------------------------------------------------- */

static const struct {
    const char *json, *text, *normal;
} normals[] = {
    {"{'type':'Lowercase'}", "ΣΑΣ İÉ", "σασ i\u0307é"},
    {"{'type':'BertNormalizer','lowercase':true}",
     "É\x01"
     "x\t中\ufffd",
     "ex  中 "},
    {"{'type':'BertNormalizer','lowercase':true,'strip_accents':false,'handle_chinese_chars':false}", "É中",
     "é中"},
    {"{'type':'BertNormalizer','lowercase':false,'strip_accents':null}", "É", "É"},
    {"{'type':'BertNormalizer','lowercase':false,'strip_accents':true}", "É", "E"},
    {"{'type':'Strip','strip_left':true,'strip_right':false}", " \u3000a ", "a "},
    {"{'type':'Strip','strip_left':false,'strip_right':true}", " a \n", " a"},
    {"{'type':'Strip'}", " \n ", ""},
    {"{'type':'Prepend','prepend':'▁'}", "a", "▁a"},
    {"{'type':'Replace','pattern':{'String':'a.'},'content':'-'}", "a.aba.", "-ab-"},
    {"{'type':'Replace','pattern':{'Regex':' {2,}'},'content':' '}", "a   b  c", "a b c"},
    {"{'type':'Sequence','normalizers':[{'type':'NFKD'},{'type':'StripAccents'},{'type':'Lowercase'}]}",
     "ậﬁ…", "afi..."},
    {"{'type':'NFC'}", "e\u0301\xff\xe4\xb8 e\u0301", "é\xff\xe4\xb8 é"}, /* what is no UTF-8 stays */
    {"{'type':'Prepend','prepend':'▁'}", "a\xff-b", "▁a\xff-b"},          /* and is no end of the text */
    {"{'type':'Strip'}", " a \xff b ", "a \xff b"},
    {"{'type':'Replace','pattern':{'Regex':'^'},'content':'> '}", "a\xff\nb", "> a\xff\n> b"},
    {"{'type':'Replace','pattern':{'String':''},'content':'-'}", "ab", "-a-b-"},
};

START_TEST(tokenizer_is_normalized)
{
    char *json = json_of(normals[_i].json);
    Error e = {""};
    JsonReader r = {"t", &e, NULL};
    Normalizer n = {0};
    Arena *arena = arena_new();
    json_t *j = json_loads(json, 0, NULL);
    ck_assert_msg(tokenizer_normalizer_read(&n, j, &r), "%s", e.text);
    Piece text = {normals[_i].text, strlen(normals[_i].text), true};
    ck_assert_msg(tokenizer_normalize(&n, &text, arena, &e), "%s", e.text);
    ck_assert_msg(text.size == strlen(normals[_i].normal) &&
                      memcmp(text.text, normals[_i].normal, text.size) == 0,
                  "[%.*s]", (int)text.size, text.text);
    tokenizer_normalizer_free(&n);
    arena_free(arena);
    json_decref(j);
    free(json);
}
END_TEST

/* ---- added tokens, templates --------------------------------------------------------------------- */

#define LETTERS "'a':0,'b':1,'c':2,'d':3,' ':4,'A':5,'[':6,']':7,'x':8,'ab':9"
#define BPE(rest) "{'model':{'type':'BPE','vocab':{" LETTERS "},'merges':['a b']}" rest "}"
#define ADDED(id, content, more) "{'id':" id ",'content':'" content "','special':true" more "}"

static const struct {
    const char *added, *text, *tokens;
} added[] = {
    {ADDED("20", "<s>", ""), "a<s>b", "a|<s>|b|"},
    {ADDED("8", "x", "") "," ADDED("21", "xx", ""), "xxxb", "xx|x|b|"},
    {ADDED("20", "[x]", ",'single_word':true"), "a[x]a [x] ", "a|[|x|]|a| |[x]| |"},
    {ADDED("20", "[x]", ",'lstrip':true"), "a  [x] b", "a|[x]| |b|"},
    {ADDED("20", "[x]", ",'rstrip':true"), "a [x]  b", "a| |[x]|b|"},
    {ADDED("20", "[x]", ",'lstrip':true,'rstrip':true"), " [x] [x]a", "[x]|[x]|a|"},
    {ADDED("8", "x", ",'lstrip':true"), "xx x", "x|x|x|"},
    {ADDED("20", "abc", ""), "ababcab", "ab|abc|ab|"},
    {ADDED("0", "a", ""), "ab", "a|b|"},
};

START_TEST(added_tokens_are_found)
{
    char json[600], got[200];
    snprintf(json, sizeof json, BPE(",'added_tokens':[%s]"), added[_i].added);
    Tokenizer *t = make(json);
    tokens_of(t, added[_i].text, false, got);
    ck_assert_str_eq(got, added[_i].tokens);
    tokenizer_free(t);
}
END_TEST

/* "normalized" tokens are looked for after the normalizer, others before it. */
START_TEST(added_tokens_and_the_normalizer)
{
    char got[200];
    Tokenizer *t =
        make(BPE(",'normalizer':{'type':'Lowercase'},'added_tokens':["
                 "{'id':20,'content':'DA','normalized':true},{'id':21,'content':'XA','special':true}]"));
    tokens_of(t, "aDAdaXAdA", false, got);
    ck_assert_str_eq(got, "a|DA|DA|XA|DA|");
    ck_assert(!tokenizer_special(t, 20) && tokenizer_special(t, 21));
    tokenizer_free(t);
}
END_TEST

#define TEMPLATE                                                                        \
    "{'type':'TemplateProcessing','single':[{'SpecialToken':{'id':'x','type_id':0}},"   \
    "{'Sequence':{'id':'A','type_id':0}}],'pair':[{'Sequence':{'id':'B','type_id':1}}," \
    "{'SpecialToken':{'id':'x','type_id':2}},{'Sequence':{'id':'A','type_id':0}}],"     \
    "'special_tokens':{'x':{'id':'x','ids':[8,7],'tokens':['x',']']}}}"

static const struct {
    const char *post, *single, *pair, *bare;
} templates[] = {
    {"null", "0 3", "0 3:0 0 2:1", "0 3:0 0 2:1"},
    {"{'type':'ByteLevel','trim_offsets':true}", "0 3", "0 3:0 0 2:1", "0 3:0 0 2:1"},
    {TEMPLATE, "8 7 0 3", "2 8 7 0 3:1 2 2 0 0", "2 0 3:1 0 0"},
    {"{'type':'Sequence','processors':[{'type':'ByteLevel'}," TEMPLATE "]}", "8 7 0 3",
     "2 8 7 0 3:1 2 2 0 0", "2 0 3:1 0 0"},
    {"{'type':'BertProcessing','sep':['x',8],'cls':['A',5]}", "5 0 3 8", "5 0 3 8 2 8:0 0 0 0 1 1",
     "0 3 2:0 0 1"},
    {"{'type':'RobertaProcessing','sep':['x',8],'cls':['A',5],'trim_offsets':true,'add_prefix_space':true}",
     "5 0 3 8", "5 0 3 8 8 2 8:0 0 0 0 0 0 0", "0 3 2:0 0 0"},
};

static void ids_of(const TokenList *t, bool types, char *out)
{
    for (size_t i = 0; i < t->count; i++)
        out += sprintf(out, i ? " %d" : "%d", t->ids[i]);
    for (size_t i = 0; types && i < t->count; i++)
        out += sprintf(out, i ? " %d" : ":%d", t->types[i]);
}

START_TEST(templates_are_filled)
{
    char json[1200], got[200];
    TokenList one = {0}, two = {0}, bare = {0};
    Error e = {""};
    snprintf(json, sizeof json, BPE(",'post_processor':%s"), templates[_i].post);
    Tokenizer *t = make(json);
    ck_assert(tokenizer_encode(t, "ad", 2, true, &one, &e));
    ids_of(&one, false, got);
    ck_assert_str_eq(got, templates[_i].single);
    ck_assert(tokenizer_encode_pair(t, "ad", 2, "c", 1, true, &two, &e));
    ids_of(&two, true, got);
    if (_i > 1)
        ck_assert_str_eq(got, templates[_i].pair);
    ck_assert(tokenizer_encode_pair(t, "ad", 2, "c", 1, false, &bare, &e));
    ids_of(&bare, true, got);
    if (_i > 1)
        ck_assert_str_eq(got, templates[_i].bare);
    else
        ck_assert_str_eq(got, "0 3 2:0 0 1");
    tokenizer_tokens_free(&one);
    tokenizer_tokens_free(&two);
    tokenizer_tokens_free(&bare);
    tokenizer_free(t);
}
END_TEST

/* ---- the models' settings ------------------------------------------------------------------------ */

static const struct {
    const char *json, *text, *tokens;
} settings[] = {
    {"{'model':{'type':'BPE','unk_token':'?','vocab':{'?':0,'a':1},'merges':[]}}", "azza", "a|?|?|a|"},
    {"{'model':{'type':'BPE','unk_token':'?','fuse_unk':true,'vocab':{'?':0,'a':1},'merges':[]}}", "azza",
     "a|?|a|"},
    {"{'model':{'type':'BPE','byte_fallback':true,'vocab':{'a':1,'<0xC3>':2,'<0xA9>':3},'merges':[]}}",
     "aé", "a|<0xC3>|<0xA9>|"},
    {"{'model':{'type':'BPE','byte_fallback':true,'unk_token':'a','vocab':{'a':1,'<0xC3>':2},'merges':[]}}",
     "é", "a|"},
    {"{'model':{'type':'BPE','vocab':{'a':0,'b':1,'ab':2,'abc':3,'c':4},'merges':['a b']}}", "abc",
     "ab|c|"},
    {"{'model':{'type':'BPE','ignore_merges':true,'vocab':{'a':0,'b':1,'ab':2,'abc':3,'c':4},"
     "'merges':['a b']}}",
     "abc", "abc|"},
    {"{'model':{'type':'BPE','end_of_word_suffix':'$','vocab':{'a':0,'b':1,'b$':2,'ab$':3},"
     "'merges':[['a','b$']]},'pre_tokenizer':{'type':'WhitespaceSplit'}}",
     "ab b aab", "ab$|b$|a|ab$|"},
    {"{'model':{'type':'BPE','continuing_subword_prefix':'##','vocab':{'a':0,'##b':1,'ab':2,'##a':3,'##ab':"
     "4},"
     "'merges':['a ##b','##a ##b']}}",
     "abab", "ab|##ab|"},
    {"{'model':{'vocab':{'a':0,'b':1,'ab':2},'merges':['a b']}}", "ab", "ab|"}, /* the type is left out */
    {"{'model':{'type':'WordPiece','unk_token':'?','max_input_chars_per_word':3,"
     "'vocab':{'?':0,'a':1,'##b':2,'##é':3}},'pre_tokenizer':{'type':'WhitespaceSplit'}}",
     "ab aéb abbb ba", "a|##b|a|##é|##b|?|?|"},
    {"{'model':{'type':'Unigram','unk_id':0,'vocab':[['?',0],['a',-1],['b',-1],['ab',-1.5],['bb',-3]]}}",
     "abbzzb", "ab|b|?|b|"},
    {"{'model':{'type':'Unigram','byte_fallback':true,'unk_id':0,'vocab':[['?',0],['a',-1],['<0xC3>',-9],"
     "['<0xA9>',-9]]}}",
     "aéaz", "a|<0xC3>|<0xA9>|a|?|"},
    {"{'model':{'type':'Unigram','unk_id':0,'vocab':[['?',0],['a',-1],['b',-1],['ab',-2]]}}", "ab",
     "ab|"}, /* a tie: the way that reaches the end first, from the left */
    {"{'model':{'type':'BPE','unk_token':'?','vocab':{'?':0,'a':1},'merges':[]},"
     "'added_tokens':[{'id':9,'content':'z','single_word':true}]}",
     "az z", "a|?|?|z|"}, /* the model knows nothing of added tokens */
    {"{'model':{'type':'BPE','unk_token':'?','ignore_merges':true,'vocab':{'?':0,'a':1},'merges':[]},"
     "'added_tokens':[{'id':9,'content':'z','single_word':true}],'pre_tokenizer':{'type':'Digits'}}",
     "1z1 z", "?|?|?|?|z|"},
};

START_TEST(models_obey_their_settings)
{
    char got[200];
    Tokenizer *t = make(settings[_i].json);
    tokens_of(t, settings[_i].text, false, got);
    ck_assert_str_eq(got, settings[_i].tokens);
    tokenizer_free(t);
}
END_TEST

static const struct {
    const char *json, *text, *says;
} unknown[] = {
    {BPE(""), "abcz", "byte 3: the character 'z' (U+007A) has no token"},
    {BPE(""), "ab\u4e2d", "byte 2: the character '\u4e2d' (U+4E2D)"},
    {BPE(",'pre_tokenizer':{'type':'ByteLevel','add_prefix_space':false}"), "a\xff",
     "byte 1: the byte 0xFF"},
    {"{'model':{'type':'WordPiece','unk_token':'','vocab':{'a':0}}}", "b", "byte 0: the character 'b'"},
    {"{'model':{'type':'Unigram','vocab':[['a',-1]]}}", "aab", "byte 2: the character 'b'"},
    {BPE(",'pre_tokenizer':{'type':'Split','pattern':{'Regex':'(a|ab|b)*$|(x+x+)+y'},'behavior':'Isolated'"
         "}"),
     "ababababababababababababababababababababababababababababababababababababababababababababababababababa"
     "bcab"
     "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
     "xxx",
     "given up"},
};

/* A pattern that remembers a place to go back to for every letter: more than the compiled search has
 * room for. */
START_TEST(patterns_of_long_words)
{
    enum { SIZE = 100000 };
    char *text = memory_new(SIZE), got[8];
    TokenList list = {0};
    Error e = {""};
    Tokenizer *t =
        make(BPE(",'pre_tokenizer':{'type':'Split','pattern':{'Regex':'(?:a|x)+'},'behavior':'Removed'}"));
    memset(text, 'a', SIZE);
    memcpy(text + SIZE - 2, "bc", 2);
    ck_assert_msg(tokenizer_encode(t, text, SIZE, false, &list, &e), "%s", e.text);
    ck_assert_uint_eq(list.count, 2);
    tokens_of(t, "xab", false, got);
    ck_assert_str_eq(got, "b|");
    tokenizer_tokens_free(&list);
    tokenizer_free(t);
    free(text);
}
END_TEST

START_TEST(encode_refuses)
{
    Error e = {""};
    TokenList got = {0};
    Tokenizer *t = make(unknown[_i].json);
    bool whole = tokenizer_encode(t, unknown[_i].text, strlen(unknown[_i].text), false, &got, &e) &&
                 tokenizer_complete(&got, &e);
    ck_assert(!whole);
    ck_assert_msg(strstr(e.text, unknown[_i].says), "the message is: %s", e.text);
    tokenizer_tokens_free(&got);
    tokenizer_free(t);
}
END_TEST

/* ---- decoders, streams --------------------------------------------------------------------------- */

#define VOCAB(...) "{'model':{'type':'BPE','vocab':{" __VA_ARGS__ "},'merges':[]},'decoder':"

static const struct {
    const char *json;
    int ids[8], count;
    const char *text;
} decoders[] = {
    {VOCAB("'a':0,'##b':1,'.':2,'c':3,'\\u0027s':4") "{'type':'WordPiece','prefix':'##','cleanup':true}}",
     {0, 1, 3, 4, 2},
     5,
     "ab c's."},
    {VOCAB("'a':0,'##b':1,'.':2,'c':3") "{'type':'WordPiece','prefix':'##','cleanup':false}}",
     {1, 0, 1, 2},
     4,
     "##b ab ."},
    {VOCAB("'▁a':0,'▁':1,'b▁':2") "{'type':'Metaspace','replacement':'▁','prepend_scheme':'always'}}",
     {0, 2, 1, 0},
     4,
     "ab   a"},
    {VOCAB("'▁a':0") "{'type':'Metaspace','replacement':'▁','prepend_scheme':'never'}}", {0, 0}, 2, " a a"},
    {VOCAB("'a':0,'b$':1") "{'type':'BPEDecoder','suffix':'$'}}", {0, 1, 1, 0, 1}, 5, "ab b ab"},
    {VOCAB("'<0xC3>':0,'<0xA9>':1,'x':2") "{'type':'ByteFallback'}}", {2, 0, 1, 2}, 4, "xéx"},
    {VOCAB("'▁a':0,'▁▁':1") "{'type':'Sequence','decoders':[{'type':'Replace','pattern':{'String':'▁'},'"
                            "content':' '},{'type':'Fuse'},"
                            "{'type':'Strip','content':' ','start':1,'stop':0}]}}",
     {1, 0, 1},
     3,
     "  a  "},
    {VOCAB("'xxa':0,'xbx':1") "{'type':'Strip','content':'x','start':1,'stop':1}}", {0, 1}, 2, "xab"},
    {VOCAB("'Ġa':0,'Ġ':1,'b':2") "{'type':'Sequence','decoders':[{'type':'ByteLevel'},"
                                 "{'type':'Strip','content':' ','start':1}]}}",
     {0, 1, 2, 0},
     4,
     "a b a"}, /* ByteLevel joins all tokens, as Fuse does */
    {VOCAB("'<0x 1>':0,'<0x-1>':1,'<0xe9>':2") "{'type':'ByteFallback'}}", {0, 1}, 2, "<0x 1><0x-1>"},
    {VOCAB("'Ġa':0,'Ã':1,'©':2,'\u5b57':3") "{'type':'ByteLevel'}}", {0, 1, 2, 3}, 4, " aé\u5b57"},
    {VOCAB("'a':0,'b':1") "null}", {0, 1, 0}, 3, "a b a"},
    {VOCAB("'a':0,'b':1") "{'type':'Sequence','decoders':[]}}", {0, 1, 0}, 3, "aba"},
};

START_TEST(tokens_are_put_together)
{
    size_t size;
    Error e = {""};
    char streamed[200] = "";
    Tokenizer *t = make(decoders[_i].json);
    char *text = tokenizer_decode(t, decoders[_i].ids, (size_t)decoders[_i].count, false, &size, &e);
    ck_assert_msg(text, "%s", e.text);
    ck_assert_str_eq(text, decoders[_i].text);
    ck_assert_uint_eq(size, strlen(text));
    TokenStream *s = tokenizer_stream_new(t, false);
    for (int round = 0; round < 2; round++) { /* the stream begins anew */
        *streamed = '\0';
        for (int i = 0; i < decoders[_i].count; i++)
            strcat(streamed, tokenizer_stream_add(s, decoders[_i].ids[i], &e));
        strcat(streamed, tokenizer_stream_end(s));
        ck_assert_str_eq(streamed, text);
    }
    tokenizer_stream_free(s);
    free(text);
    tokenizer_free(t);
}
END_TEST

static Tokenizer *gpt2(void)
{
    Error e = {""};
    Tokenizer *t = tokenizer_load("common/tests/fixtures/tokenizer/gpt2.json", &e);
    ck_assert_msg(t, "%s", e.text);
    return t;
}

/* Byte after byte: nothing but whole characters, and together the text with its faults shown. */
START_TEST(streams_give_whole_characters)
{
    static const char text[] = "a\xf0\x9f\x91\x8d\xff\xe4\xb8z\xed\xa0\x80\xc3\xa9\xf4\x90\xe4";
    static const char want[] =
        "a\xf0\x9f\x91\x8d\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz\xef\xbf\xbd\xef\xbf\xbd"
        "\xef\xbf\xbd\xc3\xa9\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd";
    char got[200] = "";
    Error e = {""};
    Tokenizer *t = gpt2();
    TokenStream *s = tokenizer_stream_new(t, false);
    for (size_t i = 0; i + 1 < sizeof text; i++) {
        const char *out = tokenizer_stream_add(s, t->bpe.byte_id[(unsigned char)text[i]], &e);
        ck_assert_msg(out, "%s", e.text);
        ck_assert_uint_eq(text_utf8_fault(out, strlen(out)), strlen(out));
        ck_assert(i == 0 || i == 4 || i > 4 || !*out); /* the emoji waits for its last byte */
        strcat(got, out);
    }
    strcat(got, tokenizer_stream_end(s));
    ck_assert_str_eq(got, want);
    ck_assert_ptr_null(tokenizer_stream_add(s, 50257, &e));
    ck_assert_msg(strstr(e.text, "50257 is not the number of a token"), "%s", e.text);
    tokenizer_stream_free(s);
    tokenizer_free(t);
}
END_TEST

START_TEST(special_tokens_are_left_out)
{
    const int ids[] = {64, 50256, 65};
    size_t size;
    Error e = {""};
    Tokenizer *t = gpt2();
    char *bare = tokenizer_decode(t, ids, 3, false, &size, &e);
    char *all = tokenizer_decode(t, ids, 3, true, &size, &e);
    ck_assert_str_eq(bare, "ab");
    ck_assert_str_eq(all, "a<|endoftext|>b");
    ck_assert_ptr_null(tokenizer_decode(t, (const int[]){-1}, 1, false, &size, &e));
    free(bare);
    free(all);
    tokenizer_free(t);
}
END_TEST

/* ---- files --------------------------------------------------------------------------------------- */

static char *file_of(const Tokenizer *t, size_t *size)
{
    Error e = {""};
    ck_assert_msg(tokenizer_save(t, path, &e), "%s", e.text);
    char *text = file_read(path, size, &e);
    ck_assert_ptr_nonnull(text);
    return text;
}

/* Written, read and written again a file is the same, and means the same. */
START_TEST(files_round_trip)
{
    static const char *const names[] = {"gpt2", "bert", "characters", "fallback", "unigram"};
    char name[128], a[400], b[400];
    size_t size, again_size;
    Error e = {""};
    snprintf(name, sizeof name, "common/tests/fixtures/tokenizer/%s.json", names[_i]);
    Tokenizer *t = tokenizer_load(name, &e);
    ck_assert_msg(t, "%s", e.text);
    char *first = file_of(t, &size);
    Tokenizer *u = tokenizer_load(path, &e);
    ck_assert_msg(u, "%s", e.text);
    char *second = file_of(u, &again_size);
    ck_assert_uint_eq(size, again_size);
    ck_assert_mem_eq(first, second, size);
    tokens_of(t, "Hello, world! 大模型 the café 123", true, a);
    tokens_of(u, "Hello, world! 大模型 the café 123", true, b);
    ck_assert_str_eq(a, b);
    json_t *was = json_load_file(name, 0, NULL), *is = json_loads(first, 0, NULL);
    json_object_del(json_object_get(was, "model"), "merges"); /* may be in the other of the two forms */
    json_object_del(json_object_get(is, "model"), "merges");
    if (t->model == TOKENIZER_UNIGRAM) { /* a score of 0 was a whole number and is now 0.0 */
        json_object_del(json_object_get(was, "model"), "vocab");
        json_object_del(json_object_get(is, "model"), "vocab");
    }
    ck_assert(json_equal(was, is));
    json_decref(was);
    json_decref(is);
    free(first);
    free(second);
    tokenizer_free(t);
    tokenizer_free(u);
}
END_TEST

START_TEST(both_forms_of_merges)
{
    char got[100];
    size_t size;
    Tokenizer *a = make("{'model':{'type':'BPE','vocab':{'a':0,'b':1,'ab':2},'merges':['a b']}}");
    Tokenizer *b = make("{'model':{'type':'BPE','vocab':{'a':0,'b':1,'ab':2},'merges':[['a','b']]}}");
    Tokenizer *c = make("{'model':{'type':'BPE','vocab':{'a':0,' ':1,'a ':2},'merges':[['a',' ']]}}");
    tokens_of(a, "ab", false, got);
    ck_assert_str_eq(got, "ab|");
    tokens_of(b, "ab", false, got);
    ck_assert_str_eq(got, "ab|");
    char *text = file_of(c, &size); /* a blank inside: only the list can say it */
    tokenizer_free(c);
    c = make(text);
    tokens_of(c, "a ", false, got);
    ck_assert_str_eq(got, "a |");
    free(text);
    tokenizer_free(a);
    tokenizer_free(b);
    tokenizer_free(c);
}
END_TEST

static Tokenizer *characters_of(const char *text, const char *const *specials)
{
    Error e = {""};
    Tokenizer *t = tokenizer_of_characters(text, strlen(text), specials, &e);
    ck_assert_msg(t, "%s", e.text);
    return t;
}

/* A file, read again, cuts and joins as before. */
START_TEST(characters)
{
    static const char text[] = "hello, \xe4\xb8\x96\xe7\x95\x8c! \xc3\xa9 \xf0\x9f\x98\x80\n\"\\";
    Tokenizer *made = characters_of(text, NULL);
    TokenList got = {0};
    Error e = {""};
    size_t size;
    ck_assert_int_eq(tokenizer_count(made), 14); /* h e l o , blank 2 Chinese ! e emoji newline " \ */
    ck_assert_msg(tokenizer_save(made, path, &e), "%s", e.text);
    tokenizer_free(made);
    Tokenizer *t = tokenizer_load(path, &e);
    ck_assert_msg(t, "%s", e.text);
    ck_assert_msg(tokenizer_encode(t, text, strlen(text), true, &got, &e), "%s", e.text);
    ck_assert_uint_eq(got.count, 17);
    for (size_t i = 0; i < 17; i++) {
        for (size_t j = 0; j < 17; j++) { /* numbered as their code points are */
            const char *a = tokenizer_token(t, got.ids[i]), *b = tokenizer_token(t, got.ids[j]);
            ck_assert_int_eq(got.ids[i] < got.ids[j], strcmp(a, b) < 0);
        }
    }
    char *again = tokenizer_decode(t, got.ids, got.count, false, &size, &e);
    ck_assert_str_eq(again, text);
    got.count = 0;
    ck_assert(tokenizer_encode(t, "hex", 3, true, &got, &e) && got.count == 2 &&
              !tokenizer_complete(&got, &e));
    ck_assert_msg(strstr(e.text, "byte 2: the character 'x'"), "%s", e.text);
    free(again);
    tokenizer_tokens_free(&got);
    tokenizer_free(t);
}
END_TEST

START_TEST(characters_and_special_tokens)
{
    static const char *const specials[] = {"<end>", NULL};
    char got[64];
    Tokenizer *t = characters_of("ba<end>ca", specials);
    ck_assert_int_eq(tokenizer_count(t), 4);
    ck_assert_int_eq(tokenizer_id(t, "<end>"), 3);
    ck_assert(tokenizer_special(t, 3));
    tokens_of(t, "ab<end>c", true, got);
    ck_assert_str_eq(got, "a|b|<end>|c|");
    tokenizer_free(t);
}
END_TEST

START_TEST(characters_of_bad_text)
{
    Error e = {""};
    ck_assert_ptr_null(tokenizer_of_characters("ab\xff", 3, NULL, &e));
    ck_assert_str_eq(e.text, "byte 2 is not UTF-8");
    e.text[0] = '\0';
    ck_assert_ptr_null(tokenizer_of_characters("a\0b", 3, NULL, &e));
    ck_assert_str_eq(e.text, "byte 1 is zero");
    e.text[0] = '\0';
    ck_assert_ptr_null(tokenizer_of_characters("", 0, NULL, &e));
    ck_assert_str_eq(e.text, "the text has no character");
}
END_TEST

#define M "'model':{'type':'BPE','vocab':{'a':0,'b':1,'ab':2},'merges':['a b']}"
#define WITH(part) "{" M "," part "}"

static const struct {
    const char *json, *says;
} hostile[] = {
    {"", "line 1: not JSON"},
    {"{\n\n  x: 1}", "line 3: not JSON"},
    {"[]", "expected an object at the top"},
    {"{}", "model: expected an object"},
    {"{'model':7}", "model: expected an object"},
    {"{'model':{'type':7}}", "model: type: expected a string"},
    {"{'model':{'type':'Words','vocab':{'a':0}}}", "model: the type 'Words' is not known"},
    {"{'model':{'vocab':{},'unk_token':'a'}}", "vocab: expected an object that is not empty"},
    {"{'model':{'type':'BPE','vocab':{},'merges':[]}}", "vocab: expected an object that is not empty"},
    {"{'model':{'type':'BPE','vocab':['a'],'merges':[]}}", "vocab: expected an object"},
    {"{'model':{'type':'BPE','vocab':{'a':'0'},'merges':[]}}", "vocab: 'a': expected a number from 0"},
    {"{'model':{'type':'BPE','vocab':{'a':0.5},'merges':[]}}", "vocab: 'a': expected a number"},
    {"{'model':{'type':'BPE','vocab':{'a':-1},'merges':[]}}", "vocab: 'a': expected a number"},
    {"{'model':{'type':'BPE','vocab':{'a':2147483647},'merges':[]}}", "vocab: 'a': expected a number"},
    {"{'model':{'type':'BPE','vocab':{'a':9223372036854775807},'merges':[]}}",
     "vocab: 'a': expected a number"},
    {"{'model':{'type':'BPE','vocab':{'a':99999999999999999999},'merges':[]}}", "not JSON"},
    {"{'model':{'type':'BPE','vocab':{'a':0,'b':0},'merges':[]}}", "'b' and 'a' have the same number, 0"},
    {"{'model':{'type':'BPE','vocab':{'a':0,'a':1},'merges':[]}}", "not JSON: a key occurs twice"},
    {"{'model':{'type':'BPE','vocab':{'a':0}}}", "merges: expected a list"},
    {"{'model':{'type':'BPE','vocab':{'a':0},'merges':{}}}", "merges: expected a list"},
    {"{'model':{'type':'BPE','vocab':{'a':0},'merges':[7]}}", "merges: entry 0: expected"},
    {"{'model':{'type':'BPE','vocab':{'a':0},'merges':['a']}}", "merges: entry 0: expected"},
    {"{'model':{'type':'BPE','vocab':{'a':0},'merges':['a a a']}}", "merges: entry 0: expected"},
    {"{'model':{'type':'BPE','vocab':{'a':0},'merges':[['a']]}}", "merges: entry 0: expected"},
    {"{'model':{'type':'BPE','vocab':{'a':0},'merges':[['a',0]]}}", "merges: entry 0: expected"},
    {"{'model':{'type':'BPE','vocab':{'a':0,'':1},'merges':['a ']}}", "merges: entry 0: 'a' and ''"},
    {"{'model':{'type':'BPE','vocab':{'a':0},'merges':['a b']}}", "one of them is not in the vocabulary"},
    {"{'model':{'type':'BPE','vocab':{'a':0},'merges':['a a']}}",
     "what they make is not in the vocabulary"},
    {"{'model':{'type':'BPE','vocab':{'a':0,'aa':1},'merges':['a a','a a']}}",
     "entry 1: 'a' and 'a': the pair occurs twice"},
    {"{'model':{'type':'BPE','vocab':{'a':0},'merges':[],'dropout':0.1}}", "dropout: only null"},
    {"{'model':{'type':'BPE','vocab':{'a':0},'merges':[],'unk_token':'?'}}", "unk_token: '?' is not in"},
    {"{'model':{'type':'BPE','vocab':{'a':0},'merges':[],'fuse_unk':1}}",
     "fuse_unk: expected true or false"},
    {"{'model':{'type':'BPE','vocab':{'a':0},'merges':[],'end_of_word_suffix':1}}",
     "end_of_word_suffix: expected"},
    {"{'model':{'type':'WordPiece','vocab':{'a':0}}}", "unk_token: '[UNK]' is not in the vocabulary"},
    {"{'model':{'type':'WordPiece','vocab':{'[UNK]':0},'max_input_chars_per_word':0}}",
     "max_input_chars_per_word"},
    {"{'model':{'type':'Unigram','vocab':{'a':0}}}", "vocab: expected a list"},
    {"{'model':{'type':'Unigram','vocab':[]}}", "vocab: expected a list"},
    {"{'model':{'type':'Unigram','vocab':[['a']]}}", "vocab: entry 0"},
    {"{'model':{'type':'Unigram','vocab':[['a','b']]}}", "vocab: entry 0"},
    {"{'model':{'type':'Unigram','vocab':[['a',1e999]]}}", "not JSON"},
    {"{'model':{'type':'Unigram','vocab':[['a',-1]],'unk_id':1}}",
     "unk_id: expected a whole number from -1 to 0"},
    {WITH("'normalizer':{'type':'Precompiled'}"), "normalizer: precompiled_charsmap: expected a string"},
    {WITH("'normalizer':{'type':'Precompiled','precompiled_charsmap':'?'}"), "charsmap: expected base64"},
    {WITH("'normalizer':{'type':'Precompiled','precompiled_charsmap':''}"), "charsmap: a trie of 0 bytes"},
    {WITH("'normalizer':{'type':'Precompiled','precompiled_charsmap':'CAAAAAAAAAA='}"),
     "charsmap: a trie of 8 bytes in 8: cut short?"},
    {WITH("'normalizer':{'type':'Sequence','normalizers':[{'type':'NFC'},{'type':'Other'}]}"),
     "normalizer: the type 'Other'"},
    {WITH("'normalizer':{'type':'Sequence'}"), "normalizer: Sequence: normalizers: expected a list"},
    {WITH("'normalizer':[]"), "normalizer: expected an object or null"},
    {WITH("'normalizer':{'type':'Replace','pattern':{'Regex':'('},'content':''}"),
     "the pattern '(' is wrong"},
    {WITH("'normalizer':{'type':'Replace','pattern':'a','content':''}"), "pattern: expected"},
    {WITH("'normalizer':{'type':'Replace','pattern':{'Regex':'[a-z&&[^b]]'},'content':''}"),
     "the pattern '[a-z&&[^b]]': '&&' in a class is not supported"},
    {WITH("'normalizer':{'type':'Replace','pattern':{'Regex':'[a[^b]]'},'content':''}"),
     "'[^' in a class is not supported"},
    {WITH("'normalizer':{'type':'Replace','pattern':{'Regex':'[\\\\W_]'},'content':''}"),
     "'\\W' in a class is not supported"},
    {WITH("'normalizer':{'type':'Replace','pattern':{'Regex':'[a[b]'},'content':''}"), "is wrong at byte"},
    {WITH("'normalizer':{'type':'Replace','pattern':{'Regex':'a\\\\'},'content':''}"), "is wrong at byte"},
    {WITH("'pre_tokenizer':{'type':'UnicodeScripts'}"),
     "pre_tokenizer: the type 'UnicodeScripts' is not known"},
    {WITH("'pre_tokenizer':{'type':'Split','pattern':{'Regex':'a'},'behavior':'Eaten'}"),
     "the behavior 'Eaten'"},
    {WITH("'pre_tokenizer':{'type':'Split','pattern':{'Regex':'a'}}"), "behavior: expected a string"},
    {WITH("'pre_tokenizer':{'type':'Metaspace','replacement':'ab'}"),
     "replacement: expected one character"},
    {WITH("'pre_tokenizer':{'type':'Metaspace','prepend_scheme':'often'}"), "the prepend_scheme 'often'"},
    {WITH("'pre_tokenizer':{'type':'Metaspace','prepend_scheme':'first','add_prefix_space':false}"),
     "the prepend_scheme 'first' beside an add_prefix_space that is false"},
    {WITH("'post_processor':{'type':'Other'}"), "post_processor: the type 'Other' is not known"},
    {WITH("'post_processor':{'type':'BertProcessing','sep':['x',77],'cls':['a',0]}"),
     "77 is not the number"},
    {WITH("'post_processor':{'type':'BertProcessing','sep':'x','cls':['a',0]}"), "sep: expected"},
    {WITH("'post_processor':{'type':'TemplateProcessing','single':[{'Sequence':{'id':'C','type_id':0}}],"
          "'pair':[]}"),
     "expected the sequence A or B, not 'C'"},
    {WITH(
         "'post_processor':{'type':'TemplateProcessing','single':[{'SpecialToken':{'id':'C','type_id':0}}],"
         "'pair':[],'special_tokens':{}}"),
     "special_tokens: 'C'"},
    {WITH("'decoder':{'type':'CTC'}"), "decoder: the type 'CTC' is not known"},
    {WITH("'decoder':{'type':'Sequence','decoders':[{'type':'Fuse'},{'type':'Strip','content':' "
          "','stop':1}]}"),
     "Strip of the whole text: stop"},
    {WITH("'decoder':{'type':'Sequence','decoders':[{'type':'ByteLevel'},{'type':'Metaspace'}]}"),
     "decoder: 'Metaspace' after ByteLevel is not supported"},
    {WITH("'decoder':{'type':'Metaspace','prepend_scheme':'often'}"),
     "decoder: the prepend_scheme 'often' is not known"},
    {WITH("'decoder':{'type':'BPEDecoder','suffix':''}"), "suffix: is empty"},
    {WITH("'added_tokens':{}"), "added_tokens: expected a list"},
    {WITH("'added_tokens':[7]"), "added_tokens: expected objects"},
    {WITH("'added_tokens':[{'id':9}]"), "added_tokens: content: expected a string"},
    {WITH("'added_tokens':[{'content':'x'}]"), "added_tokens: id: expected a whole number"},
    {WITH("'added_tokens':[{'id':4194304,'content':'x'}]"), "added_tokens: id: expected a whole number"},
    {WITH("'added_tokens':[{'id':9,'content':''}]"), "token 9 is empty"},
};

START_TEST(hostile_files_are_refused)
{
    Error e = {""};
    ck_assert_msg(!parse(hostile[_i].json, &e), "accepted: %s", hostile[_i].json);
    ck_assert_msg(strncmp(e.text, "t.json: ", 8) == 0 && strstr(e.text, hostile[_i].says) &&
                      !strchr(e.text, '\n'),
                  "the message is: %s", e.text);
}
END_TEST

/* Cut anywhere a file is refused; so is one nested deeper than any tokenizer, one way or the other. */
START_TEST(cut_and_deep_files)
{
    size_t size;
    Error e = {""};
    Tokenizer *t = gpt2();
    char *whole = file_of(t, &size), *deep = memory_new(1 << 20), *end = deep;
    for (size_t cut = 0; cut + 2 < size; cut += 1 + cut / 50) {
        e.text[0] = '\0';
        ck_assert_msg(!tokenizer_parse(whole, cut, "cut", &e), "accepted the first %zu bytes", cut);
    }
    memset(deep, '[', 1 << 20);
    ck_assert_ptr_null(tokenizer_parse(deep, 1 << 20, "deep", &e));
    end = stpcpy(end, "{" M ",'normalizer':");
    for (int i = 0; i < 20; i++)
        end = stpcpy(end, "{'type':'Sequence','normalizers':[");
    end = stpcpy(end, "{'type':'NFC'}");
    for (int i = 0; i < 20; i++)
        end = stpcpy(end, "]}");
    strcpy(end, "}");
    e.text[0] = '\0';
    ck_assert_ptr_null(parse(deep, &e));
    ck_assert_msg(strstr(e.text, "a Sequence in more than 8 others"), "%s", e.text);
    free(whole);
    free(deep);
    tokenizer_free(t);
}
END_TEST

START_TEST(missing_files)
{
    Error e = {""};
    ck_assert_ptr_null(tokenizer_load("/no/such/tokenizer.json", &e));
    ck_assert_msg(strstr(e.text, "/no/such/tokenizer.json"), "%s", e.text);
    Tokenizer *t = make("{" M "}");
    e.text[0] = '\0';
    ck_assert(!tokenizer_save(t, "/no/such/tokenizer.json", &e));
    ck_assert_msg(strstr(e.text, "/no/such"), "%s", e.text);
    tokenizer_free(t);
    tokenizer_free(NULL);
    tokenizer_stream_free(NULL);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("tokenizer");
    TCase *c = tcase_create("parts");
    tcase_add_loop_test(c, words_are_cut, 0, sizeof words / sizeof *words);
    tcase_add_loop_test(c, tokenizer_is_normalized, 0, sizeof normals / sizeof *normals);
    tcase_add_loop_test(c, added_tokens_are_found, 0, sizeof added / sizeof *added);
    tcase_add_test(c, added_tokens_and_the_normalizer);
    tcase_add_loop_test(c, templates_are_filled, 0, sizeof templates / sizeof *templates);
    tcase_add_loop_test(c, models_obey_their_settings, 0, sizeof settings / sizeof *settings);
    tcase_add_test(c, patterns_of_long_words);
    tcase_add_loop_test(c, encode_refuses, 0, sizeof unknown / sizeof *unknown);
    tcase_add_loop_test(c, tokens_are_put_together, 0, sizeof decoders / sizeof *decoders);
    tcase_add_test(c, streams_give_whole_characters);
    tcase_add_test(c, special_tokens_are_left_out);
    tcase_add_loop_test(c, hostile_files_are_refused, 0, sizeof hostile / sizeof *hostile);
    tcase_add_test(c, missing_files);
    suite_add_tcase(s, c);
    c = tcase_create("files");
    tcase_add_checked_fixture(c, make_folder, remove_folder);
    tcase_add_loop_test(c, files_round_trip, 0, 5);
    tcase_add_test(c, both_forms_of_merges);
    tcase_add_test(c, characters);
    tcase_add_test(c, characters_and_special_tokens);
    tcase_add_test(c, characters_of_bad_text);
    tcase_add_test(c, cut_and_deep_files);
    suite_add_tcase(s, c);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed > 0;
}
