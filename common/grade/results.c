/* results.c -- three forms of the same report. */
#include "common/grade/results.h"

#include "common/base/base.h"
#include "common/grade/class.h"
#include "common/grade/printable.h"
#include "common/grade/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int report_points(const Report *r)
{
    int sum = 0;
    for (int i = 0; i < r->count; i++)
        sum += r->outcomes[i].points;
    return sum;
}

int report_max_points(const Report *r)
{
    int sum = 0;
    for (int i = 0; i < r->count; i++)
        sum += r->outcomes[i].exercise->points;
    return sum;
}

/* A JSON string; bytes that are not UTF-8 (a learner's file may hold any) become '?'. */
static json_t *text(const char *s)
{
    json_t *good = json_string(s);
    if (good)
        return good;
    char *ascii = memory_string(s);
    for (char *c = ascii; *c; c++)
        *c = (unsigned char)*c >= 0x80 ? '?' : *c;
    good = json_string(ascii);
    free(ascii);
    return good;
}

static bool write_json(json_t *root, const char *path, Error *e)
{
    char *dump = root ? json_dumps(root, JSON_INDENT(2)) : NULL;
    FileWriter *w = dump ? file_create(path, e) : NULL;
    bool good = false;
    if (w) {
        file_printf(w, "%s\n", dump);
        good = file_commit(w, e);
    }
    free(dump);
    json_decref(root);
    return good || error_set(e, "%s: cannot write", path);
}

/* ---- the neutral form ------------------------------------------------------------------------------- */

static json_t *exercise_json(const Outcome *o)
{
    char id[32], path[EXERCISE_PATH];
    const Exercise *x = o->exercise;
    snprintf(id, sizeof id, "%s/%s", x->chapter, x->id);
    return json_pack("{ss ss so so ss si ss si si si sf so sO}", "id", id, "file", exercise_path(x, path),
                     "source", text(o->file), "title", text(x->title[0]), "section", x->section, "minutes",
                     x->minutes, "status", status_name(o->status), "points", o->points, "max_points",
                     x->points, "passed", o->passed, "seconds", o->seconds, "message", text(o->message),
                     "tests", o->tests);
}

/* The files that look like exercises and were not graded, with the reason if there is one. */
static json_t *strays(const Report *r)
{
    json_t *list = json_array();
    for (int i = 0; r->files && i < r->files->count; i++) {
        const SubmittedFile *f = &r->files->files[i];
        char line[512];
        if (!submission_is_stray(r->files, f))
            continue;
        snprintf(line, sizeof line, "%.300s%s%s%s", f->path, f->refused ? " (" : "",
                 f->refused ? f->refused : "", f->refused ? ")" : "");
        json_array_append_new(list, text(line));
    }
    if (r->files && r->files->too_many)
        json_array_append_new(list, json_string("(more files than are read)"));
    return list;
}

void results_print_strays(FILE *out, const Report *r)
{
    json_t *list = strays(r), *line;
    char room[1024];
    size_t i;
    if (json_array_size(list))
        fprintf(out, "\n  %s\n",
                in_words("Handed in and not graded; exercises are files such as ex1_scaled_softmax.c:",
                         "以下文件没有评分；练习的文件名形如 ex1_scaled_softmax.c："));
    json_array_foreach(list, i, line)
    {
        const char *said = json_string_value(line);
        if (exercise_language() && r->count)
            said = words_chinese(r->outcomes[0].exercise->words, said, room, sizeof room);
        report_wrapped(out, 4, "", 0, said);
    }
    json_decref(list);
}

bool results_write(const Report *r, const char *path, Error *e)
{
    char seed[32], submitted[32] = "";
    time_t when = r->files ? submission_time(r->files) : 0;
    struct tm local;
    json_t *exercises = json_array();
    if (when && localtime_r(&when, &local))
        strftime(submitted, sizeof submitted, "%Y-%m-%d %H:%M:%S", &local);
    for (int i = 0; i < r->count; i++)
        json_array_append_new(exercises, exercise_json(&r->outcomes[i]));
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)r->seed);
    json_t *root =
        json_pack("{ss so ss sb sb ss sI sf so ss ss si si so}", "schema", "llm-book-grade/1", "submission",
                  text(r->submission), "fingerprint", r->fingerprint, "official", r->official, "partial",
                  r->partial, "submitted", submitted, "submitted_unix", (json_int_t)when, "seconds",
                  r->seconds, "unread", strays(r), "sandbox", sandbox_name(r->tier), "seed", seed, "points",
                  report_points(r), "max_points", report_max_points(r), "exercises", exercises);
    return write_json(root, path, e);
}

/* ---- for the learner -------------------------------------------------------------------------------- */

bool results_write_feedback(const Report *r, const char *path, Error *e)
{
    char *said;
    size_t size;
    FILE *out = open_memstream(&said, &size);
    char student[256];
    class_student_name(r->submission, student);
    char *name = printable_name(student);
    fprintf(out, in_words("%s: %d of %d points\n", "%s：%d / %d 分\n"), name, report_points(r),
            report_max_points(r));
    for (int i = 0; i < r->count; i++) {
        const Outcome *o = &r->outcomes[i];
        if (i == 0 || strcmp(o->exercise->chapter, r->outcomes[i - 1].exercise->chapter) != 0)
            fprintf(out, "\n%s\n", o->exercise->chapter);
        report_line(out, o->exercise, o->status, o->points);
        report_details(out, o, 12, true);
    }
    results_print_strays(out, r);
    free(name);
    fclose(out);
    FileWriter *w = file_create(path, e);
    if (w)
        file_write(w, said, size);
    free(said);
    return w && file_commit(w, e);
}

/* ---- Gradescope ------------------------------------------------------------------------------------- */

static const char *field(const json_t *record, const char *name)
{
    const char *value = json_string_value(json_object_get(record, name));
    return value ? value : "";
}

/* The status, and what is known of the first failure, in lines. The caller frees it. */
static char *explain(const Outcome *o)
{
    static const char *const names[3] = {"what", "expected", "got"};
    static const char *const labels[] = {"", "expected: ", "got: ", "likely: "};
    const json_t *failure = outcome_failure(o);
    size_t room = strlen(o->message) + 2048, n = 0;
    char *out = memory_new(room);
    n += (size_t)snprintf(out, room, "%s\n", status_name(o->status));
    if (failure)
        n += (size_t)snprintf(out + n, room - n, "%s:\n", field(failure, "test"));
    for (int i = 0; failure && i < 4; i++) {
        const char *value = i < 3 ? field(failure, names[i]) : tests_cause(o->tests);
        if (value[0])
            n += (size_t)snprintf(out + n, room - n, "  %s%s\n", labels[i], value);
    }
    if (!failure && o->status != STATUS_PASSED)
        snprintf(out + n, room - n, "%s\n", o->message);
    return out;
}

static json_t *gradescope_test(const Outcome *o)
{
    char name[192];
    const Exercise *x = o->exercise;
    char *output = explain(o);
    snprintf(name, sizeof name, "%s/%s %s (section %s)", x->chapter, x->id, x->title[0], x->section);
    json_t *test = json_pack("{so si si ss so ss}", "name", text(name), "score", o->points, "max_score",
                             x->points, "status", o->status == STATUS_PASSED ? "passed" : "failed",
                             "output", text(output), "visibility", "visible");
    free(output);
    return test;
}

bool results_write_gradescope(const Report *r, const char *path, Error *e)
{
    char note[128];
    json_t *tests = json_array();
    for (int i = 0; i < r->count; i++)
        json_array_append_new(tests, gradescope_test(&r->outcomes[i]));
    snprintf(note, sizeof note, "Sandbox: %s%s.", sandbox_name(r->tier),
             r->official ? "" : " (the lowest tier: not an official grade)");
    return write_json(json_pack("{sf ss so}", "execution_time", r->seconds, "output", note, "tests", tests),
                      path, e);
}

/* ---- JUnit ------------------------------------------------------------------------------------------ */

/* Text in XML 1.0: the five entities, and '?' for what the standard does not allow. */
static void write_xml(FileWriter *w, const char *s)
{
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (c == '&' || c == '<' || c == '>' || c == '"' || c == '\'')
            file_printf(w, "&#%d;", c);
        else
            file_printf(w, "%c", (c < 0x20 && c != '\n' && c != '\t') || c >= 0x7f ? '?' : c);
    }
}

static void write_case(FileWriter *w, const Outcome *o)
{
    const Exercise *x = o->exercise;
    char *output = explain(o);
    file_printf(w, "    <testcase classname=\"%s\" name=\"%s\" time=\"%.3f\">", x->chapter, x->name,
                o->seconds);
    if (o->status == STATUS_NOT_STARTED || o->status == STATUS_MISSING) {
        file_printf(w, "<failure message=\"%s\"/>", status_name(o->status));
    } else if (o->status != STATUS_PASSED) {
        file_printf(w, "<failure message=\"%s\">", status_name(o->status));
        write_xml(w, output);
        file_printf(w, "</failure>");
    }
    file_printf(w, "</testcase>\n");
    free(output);
}

bool results_write_junit(const Report *r, const char *path, Error *e)
{
    int failures = 0;
    FileWriter *w = file_create(path, e);
    if (!w)
        return false;
    for (int i = 0; i < r->count; i++)
        failures += r->outcomes[i].status != STATUS_PASSED;
    file_printf(w, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite name=\"");
    write_xml(w, r->submission);
    file_printf(w, "\" tests=\"%d\" failures=\"%d\" errors=\"0\" time=\"%.3f\">\n", r->count, failures,
                r->seconds);
    for (int i = 0; i < r->count; i++)
        write_case(w, &r->outcomes[i]);
    file_printf(w, "  </testsuite>\n</testsuites>\n");
    return file_commit(w, e);
}
