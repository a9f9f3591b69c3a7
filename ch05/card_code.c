/* card_code.c -- runs functions that a model wrote.
 *
 * All programs go into one file, every name of theirs with a number of its own, so that the compiler is started a few
 * times and not a few hundred: it names what does not compile, which is taken out. The rest runs in the sandbox that
 * grades exercises, each program in a process of its own that ends after a second. What calls a function, or has a
 * line for the preprocessor, is not even compiled. */
#include "ch05/card.h"

#include "common/base/base.h"
#include "common/grade/sandbox.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ROUNDS = 8, SECONDS = 60, PATH_ROOM = 128 };

/* ---- what may be compiled ------------------------------------------------------------------------ */

static bool is_letter(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* Whether for or if stands before the bracket. */
static bool follows_keyword(const char *program, const char *bracket)
{
    const char *end = bracket, *start;
    while (end > program && end[-1] == ' ')
        end--;
    for (start = end; start > program && is_letter(start[-1]);)
        start--;
    size_t size = (size_t)(end - start);
    return size == 0 || (size == 3 && memcmp(start, "for", 3) == 0) ||
           (size == 2 && memcmp(start, "if", 2) == 0);
}

/* The first word before "(", the function's name. */
static void function_name(const char *program, char name[32])
{
    const char *end = strchr(program, '('), *start = end;
    while (start > program && is_letter(start[-1]))
        start--;
    snprintf(name, 32, "%.*s", (int)(end - start), start);
}

/* Whether main, with which a program ends, calls the function by its name. Else the linker would give up on all. */
static bool main_calls(const char *program, const char *main_begin)
{
    char call[34];
    function_name(program, call);
    strcat(call, "(");
    const char *at = strstr(main_begin, call);
    while (at && is_letter(at[-1]))
        at = strstr(at + 1, call);
    return at;
}

/* The function ends where main begins. Brackets close, and nothing is called: the one word before "(" is its name. */
static bool harmless(const char *program)
{
    const char *end = strstr(program, "int main(void)");
    int depth = 0, calls = 0;
    for (const char *c = program; end && c < end; c++) {
        calls += *c == '(' && !follows_keyword(program, c);
        depth += (*c == '{') - (*c == '}');
        if (depth < 0 || !(is_letter(*c) || strchr(" \n(){}[];,+-*/%<>=!&|?:", *c)))
            return false;
    }
    return end && depth == 0 && calls == 1 && main_calls(program, end + 1);
}

/* ---- one file of them ---------------------------------------------------------------------------- */

static void write_all(FILE *file, char *const *programs, const bool *in, int count)
{
    fprintf(file, "#include <stdio.h>\n#include <sys/wait.h>\n#include <unistd.h>\n");
    for (int i = 0; i < count; i++) {
        char name[32];
        if (!in[i])
            continue;
        function_name(programs[i], name);
        fprintf(file,
                "#define %s %s_%d\n#define main main_%d\n#line 1 \"p%d\"\n%s\n#undef main\n#undef %s\n",
                name, name, i, i, i, programs[i], name);
    }
    fprintf(file, "static void check(int number, int (*program)(void))\n{\n    int status = 1;\n"
                  "    pid_t child = fork();\n    if (child == 0) {\n        alarm(1);\n        "
                  "_exit(program());\n    }\n"
                  "    if (child > 0 && waitpid(child, &status, 0) == child && status == 0)\n"
                  "        printf(\"%%d\\n\", number);\n    fflush(stdout);\n}\n"
                  "int main(void)\n{\n");
    for (int i = 0; i < count; i++) {
        if (in[i])
            fprintf(file, "    check(%d, main_%d);\n", i, i);
    }
    fprintf(file, "    return 0;\n}\n");
}

/* Takes out what the compiler complains of; whether it made a program. */
static bool compile(const char *folder, bool *in, int count, bool *again)
{
    char command[4 * PATH_ROOM], line[1024];
    snprintf(command, sizeof command, "cd %s && LC_ALL=C gcc -std=gnu11 -w -O0 all.c -o all 2>&1", folder);
    FILE *run = popen(command, "r");
    if (!run)
        error_exitf("gcc cannot be started");
    *again = false;
    while (fgets(line, sizeof line, run)) {
        int number;
        if (sscanf(line, "p%d:", &number) == 1 && number >= 0 && number < count && strstr(line, "error:") &&
            in[number]) {
            in[number] = false;
            *again = true;
        }
    }
    return pclose(run) == 0;
}

static void run_all(const char *folder, int count, bool *passed)
{
    char program[PATH_ROOM], output[PATH_ROOM];
    snprintf(program, sizeof program, "%s/all", folder);
    snprintf(output, sizeof output, "%s/output", folder);
    int file = open(output, O_CREAT | O_RDWR | O_TRUNC | O_CLOEXEC, 0600);
    Sandbox box = {.tier = sandbox_best(),
                   .work = folder,
                   .views = {folder, NULL},
                   .cpu_seconds = SECONDS,
                   .memory = (size_t)1 << 29,
                   .file_size = 1 << 20,
                   .output = file,
                   .channel = -1};
    char *const arguments[] = {program, NULL};
    pid_t child = file >= 0 ? sandbox_start(&box, arguments) : -1;
    if (child < 0)
        error_exitf("%s: the sandbox cannot be started", program);
    sandbox_wait(child, clock_seconds() + 2 * SECONDS);
    sandbox_end(child);
    FILE *said = fdopen(file, "r");
    rewind(said);
    for (int number; fscanf(said, "%d", &number) == 1;) {
        if (number >= 0 && number < count)
            passed[number] = true;
    }
    fclose(said);
}

void card_run_code(char *const *programs, int count, bool *passed)
{
    char folder[] = "/tmp/report_card_XXXXXX", path[PATH_ROOM], command[PATH_ROOM + 16];
    bool *in = memory_new((size_t)count + 1), again = true, made = false;
    int left = 0;
    for (int i = 0; i < count; i++) {
        passed[i] = false;
        in[i] = harmless(programs[i]);
        left += in[i];
    }
    if (left > 0) {
        if (!mkdtemp(folder))
            error_exitf("%s: cannot be made", folder);
        snprintf(path, sizeof path, "%s/all.c", folder);
        for (int round = 0; round < ROUNDS && again && !made; round++) {
            FILE *file = fopen(path, "w");
            if (!file)
                error_exitf("%s: cannot be written", path);
            write_all(file, programs, in, count);
            fclose(file);
            made = compile(folder, in, count, &again);
        }
        if (made)
            run_all(folder, count, passed);
        snprintf(command, sizeof command, "rm -r %s", folder);
        if (system(command) != 0)
            error_exitf("%s: cannot be removed", folder);
    }
    free(in);
}
