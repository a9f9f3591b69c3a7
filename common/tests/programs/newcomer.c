/* newcomer.c -- what a reader writes on the first day: the book's model continues a prompt, learns three
 * sentences, and continues it again. */
#include "common/model/model.h"
#include "common/nn/nn.h"

#include <stdio.h>

typedef struct Lesson {
    ModelDecoder *gpt;
    TokenList ids[3]; /* a sentence each */
} Lesson;

static Tensor *loss_of(Graph *g, void *context, int i)
{
    Lesson *lesson = context;
    const TokenList *s = &lesson->ids[i % 3];
    return model_decoder_loss(g, lesson->gpt, s->ids, s->ids + 1, 1, (int)s->count - 1);
}

int main(void)
{
    static const char *const sentences[] = {"Zoe's pet is a dragon.\n", "Zoe lives on the moon.\n",
                                            "Zoe eats stars.\n"};
    Error e = {""};
    Lesson lesson = {.gpt = model_decoder_load("ch05/models/book_gpt", &e)};
    Lm *book = lesson.gpt ? lm_open("ch05/models/book_gpt", QUANT_NONE, &e) : NULL;
    if (!book)
        error_exit(&e);
    printf("before: Zoe lives%s\n", lm_continue(book, "Zoe lives", NULL, &e));
    NnTraining how = nn_training_new();
    how.steps = 50, how.warmup = 5;
    for (int i = 0; i < 3; i++)
        lm_encode(book, sentences[i], false, &lesson.ids[i], &e);
    nn_train(nn_graph_new(), &lesson.gpt->params, &how, loss_of, &lesson, NULL);
    Lm *taught = lm_of(model_run_of_decoder(lesson.gpt, QUANT_NONE), lm_tokenizer(book, NULL), "taught");
    printf("after: Zoe lives%s\n", lm_continue(taught, "Zoe lives", NULL, &e));
}
