/* bands.c -- the losses of a program over five seeds, as a band to compare with.
 *
 *     bands chNN/expected/NAME.band.tsv...
 *
 * The first line of a file is the command, as in "$ ./ch05/pretrain_gpt --quick"; for a new band it is written by
 * hand. The command is run with --seed 1 to 5 and --curve, and the file is written anew: see
 * common/base/loss_band.h. */
#include "common/base/base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SEEDS = 5 };

/* The first line of a file, without "$ ". The caller frees it. */
static char *command_of(const char *path)
{
    Error e = {""};
    size_t size;
    char *text = file_read(path, &size, &e);
    if (!text)
        error_exit(&e);
    text[strcspn(text, "\n")] = '\0';
    if (strncmp(text, "$ ", 2) != 0)
        error_exitf("%s: line 1: expected the command, as in $ ./ch05/pretrain_gpt --quick", path);
    char *command = memory_string(text + 2);
    free(text);
    return command;
}

/* Runs the command with a seed. Returns the losses of its steps; the caller frees them. */
static float *run(const char *command, int seed, const char *curve, int *count)
{
    char line[4096];
    Error e = {""};
    size_t size;
    if (snprintf(line, sizeof line, "%s --seed %d --curve %s >/dev/null 2>&1", command, seed, curve) >=
        (int)sizeof line)
        error_exitf("'%.60s...': the command is too long", command);
    if (system(line) != 0)
        error_exitf("%s: it failed; run it by hand to see why", line);
    char *text = file_read(curve, &size, &e);
    if (!text)
        error_exit(&e);
    float *losses = memory_new(sizeof *losses * (size / 2 + 1));
    *count = 0;
    for (char *at = text, *end; losses[*count] = strtof(at, &end), end != at; at = end)
        ++*count;
    free(text);
    return losses;
}

static void measure(const char *path, const char *curve, Tabular *table)
{
    char *command = command_of(path);
    float *all = NULL;
    int steps = 0, count;
    Error e = {""};
    for (int s = 0; s < SEEDS; s++) {
        float *losses = run(command, s + 1, curve, &count);
        if (count < 1 || (s > 0 && count != steps))
            error_exitf("%s: seed %d has %d steps and the first %d", path, s + 1, count, steps);
        steps = count;
        all = memory_resize(all, sizeof *all * (size_t)SEEDS * (size_t)steps);
        memcpy(all + (size_t)s * (size_t)steps, losses, sizeof *all * (size_t)steps);
        free(losses);
    }
    LossBand b = loss_band_of(all, SEEDS, steps, command);
    if (!loss_band_write(path, &b, &e))
        error_exit(&e);
    tabular_text(table, path);
    tabular_number(table, steps);
    tabular_number(table, (double)b.mean[b.count - 1]);
    tabular_number(table, (double)b.low[b.count - 1]);
    tabular_number(table, (double)b.high[b.count - 1]);
    loss_band_free(&b);
    free(all);
    free(command);
}

int main(int argc, char **argv)
{
    char curve[] = "/tmp/curve_XXXXXX";
    error_program("bands");
    int file = mkstemp(curve);
    if (file < 0)
        error_exitf("%s: cannot be made", curve);
    close(file);
    Tabular *table = tabular_new();
    tabular_column(table, "band");
    tabular_numbers(table, "steps", NULL, 0, TABULAR_NONE);
    tabular_numbers(table, "loss at the end", "nats", 4, TABULAR_NONE);
    tabular_numbers(table, "low", NULL, 4, TABULAR_NONE);
    tabular_numbers(table, "high", NULL, 4, TABULAR_NONE);
    for (int i = 1; i < argc; i++)
        measure(argv[i], curve, table);
    remove(curve);
    tabular_print(table);
    return error_finish();
}
