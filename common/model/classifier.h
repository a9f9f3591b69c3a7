/* classifier.h -- a backbone with an output layer that says which class a text is in: section 6.2.2.
 *
 *     bert      logits = W tanh(P h_first + b) + c     Devlin et al., 2019, section 4.1
 *     decoder   logits = W h_last                      Radford et al., 2018, section 3.2
 *
 * The folder is that of transformers' BertForSequenceClassification, GPT2ForSequenceClassification and so on: the
 * backbone's weights, bert.pooler.dense.* and classifier.*, or score.weight; id2label in config.json; tokenizer.json.
 *
 *     ModelClassifier *m = model_classifier_new(backbone, labels, 2, &rng);             takes the backbone over
 *     Params all = nn_params_join(backbone->params, &m->params);
 *     nn_train(g, &all, &training, loss_of, &data, NULL);                               model_classifier_loss
 *     model_classifier_save(m, false, "ch06/out/reviews", &e); */
#ifndef MODEL_CLASSIFIER_H
#define MODEL_CLASSIFIER_H

#include "common/model/backbone.h"

typedef struct ModelClassifier {
    ModelBackbone *backbone;
    Params params; /* what stands on the backbone: pooler and score */
    Linear pooler; /* bert: (C,C) */
    Linear score;  /* (classes,C); of a decoder without a bias */
    int classes;
    char **labels; /* (classes): their names */
} ModelClassifier;

/* Newly initialised from N(0, s^2) as the backbone's matrices are; owns the backbone from now on. labels (classes) are
 * copied; classes >= 1. model_classifier_free frees both. */
ModelClassifier *model_classifier_new(ModelBackbone *backbone, const char *const *labels, int classes,
                                      Rng *rng);
void model_classifier_free(ModelClassifier *m); /* m may be NULL */

/* A downloaded bert may bring the pooler that its next-sentence task trained. Whether folder has one (*found), and if
 * so the pooler starts from it. False and *e if it is of another shape. */
bool model_classifier_read_pooler(ModelClassifier *m, const char *folder, bool *found, Error *e);

/* Writes config.json, model.safetensors (half: as F16) and, if the backbone has one, tokenizer.json; makes the folder.
 * Adapters are saved only where they are merged. */
bool model_classifier_save(const ModelClassifier *m, bool half, const char *folder, Error *e);

/* Reads such a folder, ours or one of transformers. NULL and *e, which names the file and what was expected. */
ModelClassifier *model_classifier_load(const char *folder, Error *e);

/* The logits of a padded batch: ids (B,T), lengths (B) or NULL -> (B,classes); and from hidden states (B,T,C). */
Tensor *model_classifier_logits(Graph *g, const ModelClassifier *m, const int *ids, int batch, int time,
                                const int *lengths);
Tensor *model_classifier_logits_of(Graph *g, const ModelClassifier *m, Tensor *hidden, const int *lengths);

#ifndef NN_INSIDE
#define model_classifier_logits(g, m, ids, batch, time, lengths) \
    model_classifier_logits(NN_HERE(g), m, ids, batch, time, lengths)
#define model_classifier_logits_of(g, m, hidden, lengths) \
    model_classifier_logits_of(NN_HERE(g), m, hidden, lengths)
#endif

#endif
