#include "ch04/small_runs.h"
#include "common/base/base.h"
#include <math.h>
#include <stdlib.h>
static void say(void *c, SmallRun *r)
{
    (void)c;
    printf("L %d C %3d D %8ld s %d  N %.0f body %.0f loss %.4f  %.2f s %.0f tok/s\n", r->layers,
           r->channels, r->tokens, (int)r->seed, r->params, r->body, r->loss, r->seconds, 0.0);
    fflush(stdout);
}
int main(int argc, char **argv)
{
    SmallText t;
    Error e = {""};
    if (!small_text_read(&t, &e))
        error_exit(&e);
    SmallRun r[64];
    int n = 0;
    for (int i = 1; i + 2 < argc; i += 3)
        r[n++] = (SmallRun){.layers = atoi(argv[i]),
                            .channels = atoi(argv[i + 1]),
                            .tokens = atol(argv[i + 2]),
                            .seed = 1,
                            .loss = NAN};
    small_runs(&t, r, n, say, NULL);
}
