/* options.h -- the command line of every program in the book.
 *
 * A program lists its options in a table; the variables they point to hold
 * the defaults. --help is written from the same table.
 *
 *     int heads = 4;
 *     uint64_t seed = 1;
 *     const Option options[] = {
 *         option_int("heads", &heads, 1, 64, "number of attention heads"),
 *         option_seed(&seed),
 *         OPTION_END};
 *     options_parse(argc, argv, "Multi-head attention, section 3.3.3.", options);
 *
 * It stands on getopt_long, which every C library of today has, so that a
 * chapter needs nothing but a compiler, make and OpenBLAS. */
#ifndef BASE_OPTIONS_H
#define BASE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

typedef enum OptionKind {
    OPTION_LAST,
    OPTION_INT,    /* int, within [min, max] */
    OPTION_FLOAT,  /* float, within [min, max] */
    OPTION_SEED,   /* uint64_t */
    OPTION_STRING, /* const char *, points into argv */
    OPTION_CHOICE, /* int, an index into choices */
    OPTION_LIST,   /* OptionList; may be given several times */
    OPTION_FLAG,   /* bool; takes no value and sets it to true */
    OPTION_GROUP,  /* a table within the table */
    OPTION_TITLE   /* a line of --help above the options that follow */
} OptionKind;

enum { OPTION_MAX_TEXTS = 16 };

typedef struct OptionList {
    const char *texts[OPTION_MAX_TEXTS]; /* they point into argv */
    int count;
} OptionList;

typedef struct Option {
    const char *name; /* without the dashes; a single letter is written -n */
    OptionKind kind;
    void *value;
    double min, max;
    const char *const *choices; /* NULL-terminated */
    const char *word;           /* of an OPTION_STRING: what --help calls its value */
    const char *help;
    const struct Option *group; /* of OPTION_GROUP */
} Option;

#define OPTION_END          \
    {                       \
        .kind = OPTION_LAST \
    }

Option option_int(const char *name, int *value, int min, int max, const char *help);
Option option_float(const char *name, float *value, double min, double max, const char *help);
Option option_string(const char *name, const char **value, const char *help); /* --name TEXT */
Option option_file(const char *name, const char **value, const char *help);   /* --name FILE */
Option option_dir(const char *name, const char **value, const char *help);    /* --name DIR */
Option option_list(const char *name, OptionList *value, const char *help);
Option option_choice(const char *name, int *value, const char *const *choices, const char *help);
Option option_flag(const char *name, bool *value, const char *help);
Option option_seed(uint64_t *value); /* --seed N */

/* Options that several programs share: a table of its own, which ends with OPTION_END and must outlive the
 * call of options_parse. They are listed and read as if they stood in the place of the group. */
Option option_group(const Option *options);

/* A line above the options that follow, in --help: "The model". */
Option option_title(const char *title);

/* Reads argv into the variables. --help prints the table and exits with 0; an
 * unknown option, a value that does not parse or lies outside its limits, or
 * a stray argument gives one line on standard error and exit status 2. */
void options_parse(int argc, char **argv, const char *about, const Option *options);

#endif
