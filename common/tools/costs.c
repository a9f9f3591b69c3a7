/* costs.c -- measures what the programs of a chapter take: seconds and memory.
 *
 *     costs ch03/costs.tsv ch03/expected/mha_demo.txt ...
 *
 * Runs the command of each expected file as a reader would, three times if it is
 * short, keeps the fastest run, and writes a table that the book's boxes show.
 * Seconds are those on the clock, or the processor's where they are fewer: on a
 * busy machine the clock tells of the others. */
#include "common/tools/weave.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static const double LONG_RUN = 10; /* seconds; a longer one is measured once */

typedef struct Cost {
    double seconds, mb; /* MB = 2^20 bytes, the most that was held at once */
} Cost;

static noreturn void become(const char *command)
{
    int nothing = open("/dev/null", O_RDWR);
    if (nothing < 0 || dup2(nothing, STDIN_FILENO) < 0 || dup2(nothing, STDOUT_FILENO) < 0 ||
        dup2(nothing, STDERR_FILENO) < 0)
        _exit(126);
    execl("/bin/sh", "sh", "-c", command, (char *)NULL);
    _exit(127);
}

static double seconds_of(struct timeval t)
{
    return (double)t.tv_sec + 1e-6 * (double)t.tv_usec;
}

static bool run_once(const char *command, Cost *cost, Error *e)
{
    struct rusage used;
    int status;
    double start = clock_seconds();
    fflush(NULL);
    pid_t child = fork();
    if (child == 0)
        become(command);
    if (child < 0 || wait4(child, &status, 0, &used) < 0)
        return error_set(e, "cannot run `%s`: %s", command, strerror(errno));
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return error_set(e, "`%s` failed", command);
    double clock = clock_seconds() - start,
           processor = seconds_of(used.ru_utime) + seconds_of(used.ru_stime);
    cost->seconds = clock < processor ? clock : processor;
#ifdef __APPLE__
    cost->mb = (double)used.ru_maxrss / 1048576; /* bytes there, kilobytes elsewhere */
#else
    cost->mb = (double)used.ru_maxrss / 1024;
#endif
    return true;
}

static bool measure(const char *command, Cost *best, Error *e)
{
    if (!run_once(command, best, e))
        return false;
    for (int i = 0; i < 2 && best->seconds < LONG_RUN; i++) {
        Cost again;
        if (!run_once(command, &again, e))
            return false;
        if (again.seconds < best->seconds)
            *best = again;
    }
    return true;
}

/* ch03/expected/mha_demo.txt -> ch03/mha_demo */
static bool name_of(const char *path, char out[200], Error *e)
{
    char folder[100], program[99];
    if (sscanf(path, "%99[^/]/expected/%98[^.]", folder, program) != 2)
        return error_set(e, "%s: expected chNN/expected/NAME.txt", path);
    snprintf(out, 200, "%s/%s", folder, program);
    return true;
}

static bool add_row(FileWriter *w, const char *path, Error *e)
{
    Buffer command = {0};
    Cost cost;
    char name[200];
    bool good =
        name_of(path, name, e) && source_command(path, &command, e) && measure(command.bytes, &cost, e);
    if (good) {
        double shown = cost.seconds < 0.1 ? 0.1 : cost.seconds;
        file_printf(w, "%s\t%.*f\t%.0f\t%ld\n", name, shown < 9.95 ? 1 : 0, shown, cost.mb,
                    sysconf(_SC_NPROCESSORS_ONLN));
        printf("%-32s %6.1f s  %6.0f MB\n", name, cost.seconds, cost.mb);
        fflush(stdout);
    }
    buffer_free(&command);
    return good;
}

int main(int argc, char **argv)
{
    static const char usage[] = "usage: costs TABLE.tsv chNN/expected/NAME.txt ...";
    Error e = {""};
    error_program("costs");
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        puts(usage);
        return error_finish();
    }
    if (argc < 3)
        error_exitf("%s", usage);
    FileWriter *w = file_create(argv[1], &e);
    if (!w)
        error_exit(&e);
    file_printf(
        w,
        "# What each program takes, the fastest of three runs; `make %.4s-costs` measures it anew.\n"
        "program\tseconds\tmb\tcores\n",
        argv[1]);
    for (int i = 2; i < argc; i++) {
        if (!add_row(w, argv[i], &e)) {
            file_abandon(w);
            error_exit(&e);
        }
    }
    if (!file_commit(w, &e))
        error_exit(&e);
    return error_finish();
}
