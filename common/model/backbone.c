/* backbone.c -- a bert and a decoder, called alike. */
#define NN_INSIDE
#include "common/model/backbone.h"

#include "common/model/folder.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static ModelBackbone *backbone_of(const ModelConfig *c, ModelBert *bert, ModelDecoder *decoder)
{
    if (!bert && !decoder)
        return NULL;
    ModelBackbone *m = memory_zero(1, sizeof *m);
    m->config = *c;
    m->bert = bert;
    m->decoder = decoder;
    m->params = bert ? &bert->params : &decoder->params;
    m->blocks = bert ? bert->blocks : decoder->blocks;
    m->tokens = bert ? bert->tokens : decoder->tokens;
    return m;
}

/* A folder may have no tokenizer; one that it has must be good. */
static bool read_tokenizer(ModelBackbone *m, const char *folder, Error *e)
{
    char path[MODEL_FOLDER_PATH];
    if (!model_folder_path(path, folder, "tokenizer.json", e))
        return false;
    if (access(path, F_OK) == 0 &&
        !(m->tokenizer = model_folder_tokenizer(folder, m->config.vocab, NULL, e)))
        return false;
    int pad = m->tokenizer ? tokenizer_id(m->tokenizer, "[PAD]") : -1;
    pad = pad < 0 && m->config.end_count > 0 ? m->config.ends[0] : pad;
    m->pad = pad >= 0 && pad < m->config.vocab ? pad : 0;
    return true;
}

static ModelBackbone *with_tokenizer(ModelBackbone *m, const char *folder, Error *e)
{
    if (!m || read_tokenizer(m, folder, e))
        return m;
    model_backbone_free(m);
    return NULL;
}

ModelBackbone *model_backbone_load(const char *folder, Error *e)
{
    ModelConfig c;
    if (!model_folder_config(folder, &c, e))
        return NULL;
    bool bert = c.family == MODEL_BERT;
    ModelBackbone *m = backbone_of(&c, bert ? model_bert_load_trunk(folder, e) : NULL,
                                   bert ? NULL : model_decoder_load_trunk(folder, e));
    return with_tokenizer(m, folder, e);
}

static ModelBert *new_bert(const ModelConfig *c, Rng *rng)
{
    const ModelBertConfig bert = {.vocab = c->vocab,
                                  .context = c->context,
                                  .layers = c->layers,
                                  .heads = c->heads,
                                  .channels = c->channels,
                                  .hidden = c->hidden,
                                  .types = c->types,
                                  .eps = c->eps,
                                  .trunk = true};
    return model_bert_new(&bert, rng);
}

ModelBackbone *model_backbone_new(const char *folder, Rng *rng, Error *e)
{
    ModelConfig c;
    if (!model_folder_config(folder, &c, e))
        return NULL;
    bool bert = c.family == MODEL_BERT;
    ModelConfig trunk = c;
    trunk.tied = true;
    ModelBackbone *m =
        backbone_of(&c, bert ? new_bert(&c, rng) : NULL, bert ? NULL : model_decoder_new(&trunk, 0, rng));
    return with_tokenizer(m, folder, e);
}

void model_backbone_free(ModelBackbone *m)
{
    if (!m)
        return;
    model_bert_free(m->bert);
    model_decoder_free(m->decoder);
    tokenizer_free(m->tokenizer);
    free(m);
}

/* ---- text ---------------------------------------------------------------------------------------- */

static bool add_checked(const ModelBackbone *m, const TokenList *from, TokenList *to, Error *e)
{
    for (size_t i = 0; i < from->count; i++) {
        int id = from->ids[i];
        if (id >= m->config.vocab)
            return error_set(e, "the token '%.60s' has the number %d, but the model has %d tokens",
                             tokenizer_token(m->tokenizer, id), id, m->config.vocab);
        tokenizer_tokens_add(to, id, 0);
    }
    if (from->count == 0)
        tokenizer_tokens_add(to, m->pad, 0);
    return true;
}

bool model_backbone_encode(const ModelBackbone *m, const char *text, TokenList *ids, bool *cut, Error *e)
{
    if (!m->tokenizer)
        return error_set(e, "the model's folder has no tokenizer.json");
    const TokenizerTruncation limit = {.max = m->config.context, .strategy = TOKENIZER_ONLY_FIRST};
    TokenList list = {0};
    bool good = tokenizer_encode(m->tokenizer, text, strlen(text), true, &list, e);
    bool long_text = good && list.count > (size_t)m->config.context;
    if (long_text) {
        list.count = 0;
        good = tokenizer_encode_cut(m->tokenizer, text, strlen(text), NULL, 0, true, &limit, &list, e);
    }
    if (cut)
        *cut = long_text;
    good = good && add_checked(m, &list, ids, e);
    tokenizer_tokens_free(&list);
    return good;
}

/* ---- forward ------------------------------------------------------------------------------------- */

Tensor *model_backbone_hidden(Graph *g, const ModelBackbone *m, const int *ids, int batch, int time,
                              const int *lengths)
{
    if (m->bert)
        return model_bert_hidden(g, m->bert, &(ModelBertBatch){batch, time, ids, NULL, lengths});
    return model_decoder_hidden(g, m->decoder, ids, batch, time, &(NnAttention){.lengths = lengths}, NULL);
}

Tensor *model_backbone_hidden_of(Graph *g, const ModelBackbone *m, Tensor *x, const int *lengths)
{
    const ModelBertBatch b = {x->shape[0], x->shape[1], NULL, NULL, lengths};
    if (m->bert)
        return model_bert_hidden_of(g, m->bert, x, &b);
    return model_decoder_hidden_of(g, m->decoder, x, &(NnAttention){.lengths = lengths}, NULL);
}

Tensor *model_backbone_pooled(Graph *g, const ModelBackbone *m, Tensor *hidden, const int *lengths)
{
    int batch = hidden->shape[0], time = hidden->shape[1];
    int *rows = arena_alloc(nn_arena(g), sizeof *rows * (size_t)batch);
    for (int b = 0; b < batch; b++)
        rows[b] = b * time + (m->bert ? 0 : (lengths ? lengths[b] : time) - 1);
    return nn_select_rows(g, hidden, rows, batch);
}
