<<<<<<< HEAD
/* newcomer.c -- a first program, from the headers alone: a model writes, learns three sentences, writes again. */
#include "common/model/model.h"
#include "common/nn/nn.h"
#include "common/text/batch.h"

#include <stdio.h>
#include <string.h>

static TextBatch batch;

static Tensor *loss_of(Graph *g, void *model, int step)
{
    (void)step; /* every step sees all three */
    return model_gpt_loss(g, model, batch.ids, batch.labels, batch.rows, batch.time);
}

static void write_on(const ModelGpt *m, const Tokenizer *t, const char *prompt)
{
    Error e = {""};
    Lm *lm = lm_of(model_run_of_gpt(m, QUANT_NONE), t, "the model");
    char *text = lm_continue(lm, prompt, NULL, &e);
    if (!text)
        error_exit(&e);
    printf("%s%.*s\n", prompt, (int)strcspn(text, "\n"), text);
=======
/* newcomer.c -- what a reader writes on the first day: the book's model continues a prompt, learns three sentences,
 * and continues it again. */
#include "common/model/model.h"
#include "common/nn/nn.h"

#include <stdio.h>

typedef struct Lesson {
    ModelGpt *gpt;
    TokenList ids[3]; /* a sentence each */
} Lesson;

static Tensor *loss_of(Graph *g, void *context, int i)
{
    Lesson *lesson = context;
    const TokenList *s = &lesson->ids[i % 3];
    return model_gpt_loss(g, lesson->gpt, s->ids, s->ids + 1, 1, (int)s->count - 1);
>>>>>>> lm
}

int main(void)
{
<<<<<<< HEAD
    static const char *const lines[] = {"Tim likes grey elephants.", "Anna likes old maps.",
                                        "The dog likes bread."};
    Error e = {""};
    ModelGpt *m = model_gpt_load("ch05/models/book_gpt", &e);
    Tokenizer *t = m ? model_folder_tokenizer("ch05/models/book_gpt", m->config.vocab, NULL, &e) : NULL;
    TokenList list[3] = {{0}};
    for (int i = 0; t && i < 3; i++)
        tokenizer_encode(t, lines[i], strlen(lines[i]), false, &list[i], &e);
    if (e.text[0])
        error_exit(&e);
    batch = text_batch_new(3, 32);
    text_batch_fill(&batch, (const int *[]){list[0].ids, list[1].ids, list[2].ids},
                    (int[]){(int)list[0].count, (int)list[1].count, (int)list[2].count}, 3, 0);
    text_batch_predict_next(&batch, NULL, -1);
    NnTraining training = nn_training_new();
    training.steps = 50, training.warmup = 5;
    write_on(m, t, "Tim likes");
    nn_train(nn_graph_new(), &m->params, &training, loss_of, m, NULL);
    write_on(m, t, "Tim likes");
    return error_finish();
=======
    static const char *const sentences[] = {"Zoe's pet is a dragon.\n", "Zoe lives on the moon.\n",
                                            "Zoe eats stars.\n"};
    Error e = {""};
    Lesson lesson = {.gpt = model_gpt_load("ch05/models/book_gpt", &e)};
    Lm *book = lesson.gpt ? lm_open("ch05/models/book_gpt", QUANT_NONE, &e) : NULL;
    if (!book)
        error_exit(&e);
    printf("before: Zoe lives%s\n", lm_continue(book, "Zoe lives", NULL, &e));
    NnTraining how = nn_training_new();
    how.steps = 50, how.warmup = 5;
    for (int i = 0; i < 3; i++)
        lm_encode(book, sentences[i], false, &lesson.ids[i], &e);
    nn_train(nn_graph_new(), &lesson.gpt->params, &how, loss_of, &lesson, NULL);
    Lm *taught = lm_of(model_run_of_gpt(lesson.gpt, QUANT_NONE), lm_tokenizer(book, NULL), "taught");
    printf("after: Zoe lives%s\n", lm_continue(taught, "Zoe lives", NULL, &e));
>>>>>>> lm
}
