/* options.c -- a table of options over getopt_long. */
#include "common/base/options.h"

#include "common/base/error.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_OPTIONS = 64, HELP_CODE = 1000, FIRST_CODE = 1001 };

Option option_int(const char *name, int *value, int min, int max, const char *help)
{
    return (Option){.name = name, .kind = OPTION_INT, .value = value, .min = min, .max = max, .help = help};
}

Option option_float(const char *name, float *value, double min, double max, const char *help)
{
    return (Option){
        .name = name, .kind = OPTION_FLOAT, .value = value, .min = min, .max = max, .help = help};
}

Option option_string(const char *name, const char **value, const char *help)
{
    return (Option){.name = name, .kind = OPTION_STRING, .value = value, .word = "TEXT", .help = help};
}

Option option_file(const char *name, const char **value, const char *help)
{
    return (Option){.name = name, .kind = OPTION_STRING, .value = value, .word = "FILE", .help = help};
}

Option option_dir(const char *name, const char **value, const char *help)
{
    return (Option){.name = name, .kind = OPTION_STRING, .value = value, .word = "DIR", .help = help};
}

Option option_list(const char *name, OptionList *value, const char *help)
{
    return (Option){.name = name, .kind = OPTION_LIST, .value = value, .help = help};
}

Option option_choice(const char *name, int *value, const char *const *choices, const char *help)
{
    return (Option){.name = name, .kind = OPTION_CHOICE, .value = value, .choices = choices, .help = help};
}

Option option_flag(const char *name, bool *value, const char *help)
{
    return (Option){.name = name, .kind = OPTION_FLAG, .value = value, .help = help};
}

Option option_seed(uint64_t *value)
{
    return (Option){
        .name = "seed", .kind = OPTION_SEED, .value = value, .help = "seed of the random numbers"};
}

Option option_group(const Option *options)
{
    return (Option){.name = "", .kind = OPTION_GROUP, .group = options};
}

Option option_title(const char *title)
{
    return (Option){.name = "", .kind = OPTION_TITLE, .help = title};
}

static const char *dashes(const Option *o)
{
    return o->name[1] ? "--" : "-";
}

/* "--steps N", "--out DIR", "--loss mean|sum". */
static void print_name(const Option *o, char *left, size_t room)
{
    const char *const words[] = {
        [OPTION_INT] = "N", [OPTION_FLOAT] = "X", [OPTION_SEED] = "N", [OPTION_LIST] = "TEXT"};
    const char *word = o->kind == OPTION_STRING ? o->word : o->kind <= OPTION_LIST ? words[o->kind] : NULL;
    int n = snprintf(left, room, "%s%s", dashes(o), o->name);
    if (word)
        snprintf(left + n, room - (size_t)n, " %s", word);
    for (int i = 0; o->kind == OPTION_CHOICE && o->choices[i]; i++)
        n += snprintf(left + n, room - (size_t)n, "%s%s", i ? "|" : " ", o->choices[i]);
}

static void print_default(const Option *o)
{
    switch (o->kind) {
    case OPTION_INT:
        printf(" [%d]", *(int *)o->value);
        break;
    case OPTION_FLOAT:
        printf(" [%g]", (double)*(float *)o->value);
        break;
    case OPTION_SEED:
        printf(" [%llu]", (unsigned long long)*(uint64_t *)o->value);
        break;
    case OPTION_STRING:
        if (*(const char **)o->value)
            printf(" [%s]", *(const char **)o->value);
        break;
    case OPTION_CHOICE:
        printf(" [%s]", o->choices[*(int *)o->value]);
        break;
    default:
        break;
    }
}

/* A name that is wider than its column has the line for itself. */
static void print_option(const Option *o)
{
    enum { COLUMN = 22 };
    char left[512];
    if (o->kind == OPTION_TITLE) {
        printf("\n%s:\n", o->help);
        return;
    }
    print_name(o, left, sizeof left);
    printf("  %-*s%s", COLUMN, left, strlen(left) > COLUMN ? "\n" : "");
    printf("%*s%s", strlen(left) > COLUMN ? COLUMN + 3 : 1, "", o->help);
    print_default(o);
    printf("\n");
}

static noreturn void print_help(const char *program, const char *about, const Option *options)
{
    printf("%s\n\nUsage: %s [options]\n%s", about, program, options->kind == OPTION_TITLE ? "" : "\n");
    for (const Option *o = options; o->kind != OPTION_LAST; o++)
        print_option(o);
    printf("  %-22s %s\n", "--help", "this text");
    exit(error_finish());
}

static noreturn void bad_value(const Option *o, const char *text, const char *expected)
{
    error_exitf("%s%s: '%s' is not %s", dashes(o), o->name, text, expected);
}

static void set_number(const Option *o, const char *text)
{
    char *end, expected[96];
    bool whole = o->kind == OPTION_INT;
    snprintf(expected, sizeof expected,
             whole ? "a whole number from %.0f to %.0f" : "a number from %g to %g", o->min, o->max);
    errno = 0;
    double x = whole ? (double)strtol(text, &end, 10) : strtod(text, &end);
    if (end == text || *end || !(x >= o->min && x <= o->max))
        bad_value(o, text, expected);
    if (whole)
        *(int *)o->value = (int)x;
    else
        *(float *)o->value = (float)x;
}

static void set_seed(const Option *o, const char *text)
{
    char *end;
    errno = 0;
    unsigned long long seed = strtoull(text, &end, 10);
    if (end == text || *end || errno || strchr(text, '-'))
        bad_value(o, text, "a whole number from 0 to 18446744073709551615");
    *(uint64_t *)o->value = seed;
}

static void set_choice(const Option *o, const char *text)
{
    char expected[256] = "one of";
    for (int i = 0; o->choices[i]; i++) {
        if (strcmp(o->choices[i], text) == 0) {
            *(int *)o->value = i;
            return;
        }
        size_t n = strlen(expected);
        snprintf(expected + n, sizeof expected - n, "%s %s", i ? "," : "", o->choices[i]);
    }
    bad_value(o, text, expected);
}

static void add_text(const Option *o, const char *text)
{
    OptionList *list = o->value;
    if (list->count == OPTION_MAX_TEXTS)
        error_exitf("%s%s: given more than %d times", dashes(o), o->name, (int)OPTION_MAX_TEXTS);
    list->texts[list->count++] = text;
}

static void set_value(const Option *o, const char *text)
{
    switch (o->kind) {
    case OPTION_INT:
    case OPTION_FLOAT:
        set_number(o, text);
        break;
    case OPTION_SEED:
        set_seed(o, text);
        break;
    case OPTION_LIST:
        add_text(o, text);
        break;
    case OPTION_STRING:
        *(const char **)o->value = text;
        break;
    case OPTION_CHOICE:
        set_choice(o, text);
        break;
    case OPTION_FLAG:
        *(bool *)o->value = true;
        break;
    case OPTION_GROUP: /* unfolded before */
    case OPTION_TITLE:
    case OPTION_LAST:
        break;
    }
}

/* The options one after another, groups unfolded; OPTION_END after them. Returns how many there are. */
static int unfold(const Option *options, Option *all, int count)
{
    for (const Option *o = options; o->kind != OPTION_LAST; o++) {
        if (o->kind == OPTION_GROUP) {
            count = unfold(o->group, all, count);
            continue;
        }
        if (count == MAX_OPTIONS)
            FATAL("options_parse: more than %d options", MAX_OPTIONS);
        for (int i = 0; i < count; i++) {
            if (o->kind != OPTION_TITLE && strcmp(all[i].name, o->name) == 0)
                FATAL("options_parse: there are two options called %s", o->name);
        }
        all[count++] = *o;
    }
    all[count] = (Option)OPTION_END;
    return count;
}

void options_parse(int argc, char **argv, const char *about, const Option *table)
{
    Option options[MAX_OPTIONS + 1];
    struct option longs[MAX_OPTIONS + 2] = {{"help", no_argument, NULL, HELP_CODE}};
    char shorts[2 * MAX_OPTIONS + 2] = {':'}; /* getopt's notation: "n:" is -n with a value */
    size_t letters = 1;
    const Option *by_letter[128] = {NULL};
    int count = unfold(table, options, 0), names = 1; /* in longs */
    const char *slash = strrchr(argv[0], '/');
    error_program(slash ? slash + 1 : argv[0]);

    for (int i = 0; i < count; i++) {
        const Option *o = &options[i];
        bool takes_value = o->kind != OPTION_FLAG;
        if (o->kind == OPTION_TITLE)
            continue;
        longs[names++] = (struct option){o->name, takes_value, NULL, FIRST_CODE + i};
        if (!o->name[1]) {
            by_letter[(int)o->name[0]] = o;
            shorts[letters++] = o->name[0];
            if (takes_value)
                shorts[letters++] = ':';
        }
    }
    opterr = 0;
    optind = 1; /* a program may parse twice, with other defaults */
    for (int code; (code = getopt_long(argc, argv, shorts, longs, NULL)) != -1;) {
        if (code == HELP_CODE)
            print_help(argv[0], about, options);
        else if (code >= FIRST_CODE)
            set_value(&options[code - FIRST_CODE], optarg);
        else if (code > 0 && code < 128 && by_letter[code])
            set_value(by_letter[code], optarg);
        else if (code == ':')
            error_exitf("%s: a value is missing; try --help", argv[optind - 1]);
        else
            error_exitf("unknown option '%s'; try --help", argv[optind - 1]);
    }
    if (optind < argc)
        error_exitf("unexpected argument '%s'; try --help", argv[optind]);
}
