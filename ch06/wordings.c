/* wordings.c -- the accuracy of each wording, with nothing trained. */
#include "ch06/wordings.h"

#include "common/base/base.h"

#include <math.h>
#include <stdio.h>

double wordings_print(AnswerBench *b, const Wording *w, int count)
{
    static const TabularColumn columns[] = {
        {"accuracy (%)", 0}, {"from", 0}, {"to", 0}, {"loss (nats)", 1}};
    double best = 0;
    printf("Words alone: accuracy on %d held-out reviews, with its 95%% interval, and loss of the answer\n",
           b->test.count);
    Tabular *t = tabular_with("wording", columns, 4);
    for (int i = 0; i < count; i++) {
        AnswerSet test = answer_bench_set(b, &w[i].template, WORLD_TEST);
        AnswerScore s = answers_score(b->graph, &(Steered){.model = b->model}, &test);
        StatsInterval at = stats_wilson(s.right, s.count, 0.95);
        double accuracy = 100.0 * s.right / s.count;
        best = fmax(best, accuracy);
        tabular_row(t, w[i].name, (const double[]){accuracy, 100 * at.low, 100 * at.high, s.loss});
        answers_free(&test);
    }
    tabular_print(t);
    return best;
}
