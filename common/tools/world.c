/* world.c -- shows what the little world holds, and writes it to files.
 *
 *     build/tools/world --kind story --language zh --count 5
 *     build/tools/world --kind instruction --side test --format jsonl > instructions.jsonl
 *     build/tools/world --kind picture --count 3
 *     build/tools/world --kind picture --out pictures
 *
 * Texts go to standard output: `show` names the fields, `plain` is one sample a
 * line as a model of text reads it, `jsonl` one JSON object a line. Pictures are
 * drawn on the terminal with half blocks, or written to a folder as PPM files. */
#include "common/base/base.h"
#include "common/world/facts.h"
#include "common/world/picture.h"
#include "common/world/samples.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FORMAT_SHOW, FORMAT_PLAIN, FORMAT_JSONL };

/* Behind the kinds of samples.h. */
enum { KIND_PICTURE = WORLD_KINDS, KIND_TABLE, KIND_SIZES, KINDS };

typedef struct Settings {
    int kind, language, side, count, format;
    bool composed;
    float skew;
    int questions;
    const char *out;
    uint64_t seed;
} Settings;

/* ---- texts --------------------------------------------------------------------------------------- */

static void show_field(const char *name, const char *text)
{
    if (text[0])
        printf("  %-8s %s\n", name, text);
}

static void show(const WorldSample *s)
{
    const char *task = world_task_name(s->kind, s->task);
    printf("%s, task %d%s%s, label %d\n", world_kind_name(s->kind), s->task, task[0] ? " " : "", task,
           s->label);
    show_field("passage", s->passage);
    show_field("prompt", s->prompt);
    show_field("steps", s->steps);
    show_field("answer", s->answer);
    show_field("worse", s->worse);
}

static void print_json_string(const char *name, const char *text)
{
    printf("\"%s\": \"", name);
    for (; *text; text++) {
        if (*text == '\n')
            printf("\\n");
        else
            printf(*text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
    }
    printf("\"");
}

static void print_json(const WorldSample *s)
{
    const char *const names[] = {"passage", "prompt", "steps", "answer", "worse"};
    const char *const texts[] = {s->passage, s->prompt, s->steps, s->answer, s->worse};
    printf("{\"kind\": \"%s\", \"task\": %d, \"label\": %d", world_kind_name(s->kind), s->task, s->label);
    for (int i = 0; i < 5; i++) {
        if (texts[i][0]) {
            printf(", ");
            print_json_string(names[i], texts[i]);
        }
    }
    printf("}\n");
}

/* One line: a line break inside a talk becomes a blank. */
static void print_plain(const WorldSample *s)
{
    char *text = world_sample_join(s);
    for (char *c = text; *c; c++)
        *c = *c == '\n' ? ' ' : *c;
    printf("%s\n", text);
    free(text);
}

static void print_samples(const Settings *s)
{
    Rng rng = rng_new(s->seed);
    WorldRequest request = {
        (WorldKind)s->kind, (WorldLanguage)s->language, (WorldSide)s->side, s->count, s->skew,
        s->questions};
    WorldSamples samples = world_samples(&request, &rng);
    for (int i = 0; i < samples.count; i++)
        (s->format == FORMAT_SHOW    ? show
         : s->format == FORMAT_PLAIN ? print_plain
                                     : print_json)(&samples.items[i]);
    if (samples.count < s->count)
        fprintf(stderr, "world: %d samples; this side of %s has no more\n", samples.count,
                world_kind_name((WorldKind)s->kind));
    world_samples_free(&samples);
}

/* ---- tables -------------------------------------------------------------------------------------- */

/* Every fact, stated. */
static void print_table(const Settings *s)
{
    char text[WORLD_FACT_ROOM];
    for (int person = 0; person < world_list_count(WORLD_PEOPLE); person++) {
        for (int r = 0; r < WORLD_RELATIONS; r++) {
            int value = world_fact(person, (WorldRelation)r);
            if (value < 0)
                continue;
            world_fact_state(person, (WorldRelation)r, value, 0, (WorldLanguage)s->language, text);
            printf("%s\n", text);
        }
    }
}

static void print_sizes(void)
{
    for (int i = 0; i < WORLD_KINDS; i++)
        printf("%-12s %3d tasks %12.3g contents\n", world_kind_name((WorldKind)i),
               world_task_count((WorldKind)i), world_kind_size((WorldKind)i));
}

/* ---- pictures ------------------------------------------------------------------------------------ */

/* Two rows of pixels a line: the upper half block takes the foreground, the rest is background. Into a file go
 * the words alone. */
static void draw_on_terminal(const WorldPicture *p)
{
    if (!isatty(STDOUT_FILENO))
        return;
    for (int row = 0; row < WORLD_PICTURE_SIDE; row += 2) {
        for (int i = 0; i < WORLD_PICTURE_SIDE; i++) {
            const uint8_t *above = p->pixels[row][i], *below = p->pixels[row + 1][i];
            printf("\033[38;2;%d;%d;%dm\033[48;2;%d;%d;%dm▀", above[0], above[1], above[2], below[0],
                   below[1], below[2]);
        }
        printf("\033[0m\n");
    }
}

static void write_picture(const WorldPicture *p, const char *path)
{
    Error e = {0};
    FileWriter *w = file_create(path, &e);
    if (!w)
        error_exit(&e);
    file_printf(w, "P6\n%d %d\n255\n", WORLD_PICTURE_SIDE, WORLD_PICTURE_SIDE);
    file_write(w, p->pixels, sizeof p->pixels);
    if (!file_commit(w, &e))
        error_exit(&e);
}

static void print_pictures(const Settings *s)
{
    Error e = {0};
    Rng rng = rng_new(s->seed);
    if (s->out && !file_make_directory(s->out, &e))
        error_exit(&e);
    for (int i = 0; i < s->count; i++) {
        WorldPicture p = world_picture_draw((WorldSide)s->side, s->composed, &rng);
        char path[4096];
        if (s->out) {
            snprintf(path, sizeof path, "%s/%06d.ppm", s->out, i);
            write_picture(&p, path);
            printf("%s\t", path);
        } else {
            draw_on_terminal(&p);
        }
        printf("%s %s %s\n", p.caption[s->language], p.question[s->language], p.answer[s->language]);
    }
}

/* ---- the program --------------------------------------------------------------------------------- */

int main(int argc, char **argv)
{
    Settings s = {.language = WORLD_EN, .count = 5, .seed = 1};
    const char *kinds[KINDS + 1] = {
        [KIND_PICTURE] = "picture", [KIND_TABLE] = "table", [KIND_SIZES] = "sizes"};
    static const char *const languages[] = {"zh", "en", NULL}, *const sides[] = {"train", "test", NULL};
    static const char *const formats[] = {"show", "plain", "jsonl", NULL};
    for (int i = 0; i < WORLD_KINDS; i++)
        kinds[i] = world_kind_name((WorldKind)i);
    const Option options[] = {
        option_choice("kind", &s.kind, kinds, "what to draw; table: every fact; sizes: how much there is"),
        option_choice("language", &s.language, languages, "Chinese or English"),
        option_choice("side", &s.side, sides, "for training or for the test"),
        option_int("count", &s.count, 1, 1000000, "how many"),
        option_choice("format", &s.format, formats, "of texts: fields by name, one line each, JSON"),
        option_int("questions", &s.questions, 0, 8,
                   "of passage, reading, hops, document: asked and answered before the last"),
        option_float("skew", &s.skew, 0, 1, "of the bias kind: 0 balanced, 1 every job of one sex"),
        option_flag("composed", &s.composed, "of test pictures: only with pairs that training never shows"),
        option_dir("out", &s.out, "of pictures: the folder that they are written to, as PPM"),
        option_seed(&s.seed),
        OPTION_END};
    options_parse(argc, argv, "The little world: draw samples of any kind.", options);
    if (s.kind == KIND_PICTURE)
        print_pictures(&s);
    else if (s.kind == KIND_TABLE)
        print_table(&s);
    else if (s.kind == KIND_SIZES)
        print_sizes();
    else
        print_samples(&s);
    return error_finish();
}
