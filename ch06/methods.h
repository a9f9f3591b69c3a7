/* methods.h -- every way of this chapter to fit a pretrained model to a task, behind one interface; section 6.3.6.
 *
 *     ModelClassifier *c = ...;                                     backbone and head, just read or newly initialised
 *     Method *m = method_new(METHOD_LORA, c, NULL, &rng, &e);       attaches what is trained, freezes the rest
 *     task_train(g, &task, 0, method_params(m), &how, method_logits, m, NULL);
 *     TaskScore s = task_score(g, &task, &task.test, method_logits, m);
 *     method_free(m);                                               detaches it
 *
 * What all of them train is the head. Beside it:
 *     full            everything
 *     head            nothing
 *     last block      the last block and the norm after it
 *     random start    everything, from a newly initialised backbone: the control that shows what pretraining is worth
 *     adapter         bottlenecks after the attention and the feed-forward part of each block (6.3.2)
 *     LoRA            low-rank matrices beside the linear layers of each block (6.3.3)
 *     QLoRA           the same beside weights that are kept in int4
 *     prefix          keys and values in front of each block's (6.3.4)
 *     P-tuning        input vectors in front of the text, made by a small network (6.3.4)
 *     prompt tuning   input vectors in front of the text (6.3.5)
 *     BitFit          biases alone; gains of norms, where a family has no biases (Ben Zaken et al., 2022) */
#ifndef CH06_METHODS_H
#define CH06_METHODS_H

#include "common/model/classifier.h"
#include "common/text/batch.h"

typedef enum MethodKind {
    METHOD_FULL,
    METHOD_HEAD,
    METHOD_LAST_BLOCK,
    METHOD_RANDOM,
    METHOD_ADAPTER,
    METHOD_LORA,
    METHOD_QLORA,
    METHOD_PREFIX,
    METHOD_P_TUNING,
    METHOD_PROMPT,
    METHOD_BITFIT,
    METHODS
} MethodKind;

/* Its name in tables, its names in pictures, and the maximum learning rate with which peft_compare trains it. */
typedef struct MethodAbout {
    const char *name, *zh;
    float rate;
    bool newly_initialised; /* wants a classifier whose backbone was never trained */
} MethodAbout;
extern const MethodAbout method_about[METHODS];

/* Sizes; what is 0 has the value in brackets. */
typedef struct MethodSizes {
    int rank;       /* [4] of LoRA and QLoRA */
    float alpha;    /* [8] scaled by alpha / rank */
    int bottleneck; /* [16] channels of adapters */
    int prefix;     /* [8] keys and values in front of each block's */
    int prompt;     /* [8] input vectors in front of the text */
} MethodSizes;

typedef struct Method Method;

/* Attaches a method to a classifier that has none. sizes may be NULL. NULL and *e where the model cannot have it (a
 * rank above the sides of a layer, a prompt longer than the context). The classifier must outlive it. */
Method *method_new(MethodKind kind, ModelClassifier *c, const MethodSizes *sizes, Rng *rng, Error *e);

/* Detaches it and thaws the model, whose quantised weights become float again, as rounded. m may be NULL. */
void method_free(Method *m);

/* What is trained, the head included, for an optimizer; it belongs to m. */
const Params *method_params(const Method *m);

/* Logits (B,classes) of a batch of texts: a TaskLogits. The batch must live until the backward pass. */
Tensor *method_logits(Graph *g, void *method, const TextBatch *b);

/* Bytes of the weights as they are kept while training: the model's, quantised where they are, and what was attached.
 * */
size_t method_weight_bytes(const Method *m);

#endif
