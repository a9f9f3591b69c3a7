/* class.c -- reads the students' results.json again and adds them up. */
#include "common/grade/class.h"

#include "common/base/base.h"
#include "common/grade/printable.h"
#include "common/grade/report.h"
#include "common/grade/results.h"
#include "common/grade/similarity.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

enum { PATHS = 4096, MOST_CAUSES = 4096, CAUSES_SHOWN = 5, ALIKE_SHOWN = 8, DAY = 24 * 60 * 60 };

typedef struct Student {
    const char *submission;
    char name[256];
    json_t *results; /* NULL if the grading failed */
    time_t submitted;
    int points, days_late;
    double after_late;
} Student;

typedef struct Cause {
    int exercise, count;
    const char *text;
} Cause;

/* ---- names and times --------------------------------------------------------------------------------- */

void class_student_name(const char *submission, char name[256])
{
    snprintf(name, 256, "%s", submission);
    char *moodle = strstr(name, "_assignsubmission_");
    if (moodle) {
        *moodle = '\0';
        char *number = strrchr(name, '_');
        if (number && number[1] && strspn(number + 1, "0123456789") == strlen(number + 1))
            *number = '\0';
    }
    size_t n = strlen(name);
    if (n > 4 && strcasecmp(name + n - 4, ".zip") == 0)
        name[n - 4] = '\0';
}

time_t class_deadline(const char *text)
{
    struct tm t = {.tm_hour = 23, .tm_min = 59, .tm_sec = 59, .tm_isdst = -1};
    const char *end = strptime(text, "%Y-%m-%d", &t);
    if (end && *end) {
        t.tm_sec = 0;
        end = strptime(end + strspn(end, " T"), "%H:%M", &t);
    }
    return end && !*end ? mktime(&t) : (time_t)-1;
}

int class_days_late(time_t submitted, time_t deadline)
{
    return submitted > deadline ? (int)((submitted - deadline + DAY - 1) / DAY) : 0;
}

json_t *class_read_results(const char *folder)
{
    char path[PATHS];
    snprintf(path, sizeof path, "%s/results.json", folder);
    json_t *root = json_load_file(path, 0, NULL);
    if (json_is_string(json_object_get(root, "fingerprint")))
        return root;
    json_decref(root);
    return NULL;
}

static const char *word(const json_t *object, const char *field)
{
    const char *text = json_string_value(json_object_get(object, field));
    return text ? text : "";
}

static int number(const json_t *object, const char *field)
{
    return (int)json_integer_value(json_object_get(object, field));
}

static json_t *exercise_of(const Student *s, int i)
{
    return json_array_get(json_object_get(s->results, "exercises"), (size_t)i);
}

static Student student_read(const ClassRules *rules, const char *out, const char *submission)
{
    char folder[PATHS];
    Student s = {.submission = submission};
    snprintf(folder, sizeof folder, "%s/students/%s", out, submission);
    class_student_name(submission, s.name);
    s.results = class_read_results(folder);
    s.points = number(s.results, "points");
    s.submitted = (time_t)json_integer_value(json_object_get(s.results, "submitted_unix"));
    if (rules->deadline && rules->deadline[0] && s.submitted)
        s.days_late = class_days_late(s.submitted, class_deadline(rules->deadline));
    s.after_late = s.points * fmax(0, 1 - s.days_late * (double)rules->late / 100);
    return s;
}

/* ---- the table --------------------------------------------------------------------------------------- */

/* Whether a spreadsheet would take a cell for a formula: = + - @, also in their wide forms, also after blanks. */
static bool looks_like_formula(const char *s)
{
    static const char *const wide[] = {"＝", "＋", "－", "＠", NULL};
    for (bool blank = true; blank;) {
        blank = *s == ' ' || *s == '\t' || *s == '\r' || *s == '\n' || strncmp(s, "　", 3) == 0 ||
                strncmp(s, "\xc2\xa0", 2) == 0;
        if (blank)
            s += (unsigned char)*s == 0xe3 ? 3 : (unsigned char)*s == 0xc2 ? 2 : 1;
    }
    for (int i = 0; wide[i]; i++) {
        if (strncmp(s, wide[i], 3) == 0)
            return true;
    }
    return *s && strchr("=+-@", *s) != NULL;
}

/* A cell; one that would be a formula gets an apostrophe in front. */
static void write_field(FileWriter *w, const char *text)
{
    char *copy = printable_name(text);
    file_printf(w, "\"%s", looks_like_formula(copy) ? "'" : "");
    for (const char *s = copy; *s; s++)
        file_printf(w, *s == '"' ? "\"\"" : "%c", *s);
    file_printf(w, "\"");
    free(copy);
}

static void write_exercise(FileWriter *w, const json_t *x)
{
    file_printf(w, ",%d,%s,%d of %zu,%.1f", number(x, "points"), word(x, "status"), number(x, "passed"),
                json_array_size(json_object_get(x, "tests")),
                json_number_value(json_object_get(x, "seconds")));
}

static void write_row(FileWriter *w, const Book *b, const Student *s)
{
    write_field(w, s->submission);
    file_printf(w, ",");
    write_field(w, s->name);
    file_printf(w, ",%d,%.4g,%d,%s,%d,%s,%s", s->points, s->after_late, number(s->results, "max_points"),
                word(s->results, "submitted"), s->days_late, word(s->results, "sandbox"),
                !s->results                                             ? "failed"
                : json_is_true(json_object_get(s->results, "official")) ? "yes"
                                                                        : "no");
    for (int i = 0; i < b->count; i++)
        write_exercise(w, exercise_of(s, i));
    file_printf(w, "\n");
}

static FileWriter *create(const char *out, const char *name)
{
    char path[PATHS];
    Error e = {""};
    snprintf(path, sizeof path, "%s/%s", out, name);
    FileWriter *w = file_create(path, &e);
    if (!w)
        error_exit(&e);
    return w;
}

static void commit(FileWriter *w)
{
    Error e = {""};
    if (!file_commit(w, &e))
        error_exit(&e);
}

static void write_table(const Book *b, const char *out, const Student *students, int count)
{
    FileWriter *w = create(out, "grades.csv");
    file_printf(w,
                "submission,name,points,points_after_late,max_points,submitted,days_late,sandbox,official");
    for (int i = 0; i < b->count; i++) {
        const char *c = b->items[i].chapter, *id = b->items[i].id;
        file_printf(w, ",%s/%s,%s/%s status,%s/%s passed,%s/%s seconds", c, id, c, id, c, id, c, id);
    }
    file_printf(w, "\n");
    for (int i = 0; i < count; i++)
        write_row(w, b, &students[i]);
    commit(w);
}

/* ---- the summary --------------------------------------------------------------------------------- */

static int by_number(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, int count)
{
    qsort(values, (size_t)count, sizeof *values, by_number);
    return count ? (values[(count - 1) / 2] + values[count / 2]) / 2 : 0;
}

/* What is said of a student's first failure in an exercise: its cause, or what was found. */
static const char *cause_of(const json_t *x)
{
    const json_t *tests = json_object_get(x, "tests");
    const char *cause = tests_cause(tests);
    if (cause[0])
        return cause;
    for (size_t i = 0; i < json_array_size(tests); i++) {
        const json_t *test = json_array_get(tests, i);
        if (strcmp(word(test, "outcome"), "passed") != 0) /* a number alone says nothing of a class */
            return word(test, "where")[0] ? "" : word(test, "what");
    }
    return "";
}

static int count_causes(const Book *b, const Student *students, int count, Cause *causes)
{
    int n = 0;
    for (int i = 0; i < count * b->count; i++) {
        int exercise = i / count, k = 0;
        const char *text = cause_of(exercise_of(&students[i % count], exercise));
        while (k < n && (causes[k].exercise != exercise || strcmp(causes[k].text, text) != 0))
            k++;
        if (!text[0] || k == MOST_CAUSES)
            continue;
        if (k == n)
            causes[n++] = (Cause){exercise, 0, text};
        causes[k].count++;
    }
    return n;
}

static int by_count(const void *a, const void *b)
{
    return ((const Cause *)b)->count - ((const Cause *)a)->count;
}

static void print_causes(FILE *out, const Book *b, const Student *students, int count)
{
    Cause *causes = memory_new(MOST_CAUSES * sizeof *causes);
    int n = count_causes(b, students, count, causes);
    char label[64], room[1024];
    qsort(causes, (size_t)n, sizeof *causes, by_count);
    if (n)
        fprintf(out, "\n%s\n", in_words("Common causes", "常见原因"));
    for (int i = 0; i < n && i < CAUSES_SHOWN; i++) {
        const Exercise *x = &b->items[causes[i].exercise];
        snprintf(label, sizeof label, "%d x %s/%s", causes[i].count, x->chapter, x->id);
        report_wrapped(out, 2, label, 14,
                       exercise_language() ? words_chinese(x->words, causes[i].text, room, sizeof room)
                                           : causes[i].text);
    }
    free(causes);
}

/* One line: passed by how many, points on average. Returns the share of its points that the class got. */
static double print_exercise(FILE *out, const Book *b, int i, const Student *students, int count)
{
    char label[64];
    const Exercise *x = &b->items[i];
    int passed = 0, sum = 0, missing = 0;
    for (int k = 0; k < count; k++) {
        const json_t *result = exercise_of(&students[k], i);
        const char *status = word(result, "status");
        passed += strcmp(status, status_name(STATUS_PASSED)) == 0;
        missing += strcmp(status, status_name(STATUS_MISSING)) == 0 ||
                   strcmp(status, status_name(STATUS_NOT_STARTED)) == 0;
        sum += number(result, "points");
    }
    double mean = count ? (double)sum / count : 0;
    snprintf(label, sizeof label, "  %s/%s", x->chapter, x->id);
    fprintf(out,
            in_words("%-12s passed by %3d of %d, mean %.1f of %d", "%-12s %3d / %d 人通过，平均 %.1f / %d"),
            label, passed, count, mean, x->points);
    if (missing)
        fprintf(out, in_words(", not handed in by %d", "，%d 人未交"), missing);
    fputc('\n', out);
    return mean / x->points;
}

static void print_exercises(FILE *out, const Book *b, const Student *students, int count)
{
    int hardest = 0;
    double least = INFINITY;
    for (int i = 0; i < b->count; i++) {
        double share = print_exercise(out, b, i, students, count);
        if (share < least) {
            least = share;
            hardest = i;
        }
    }
    const Exercise *x = &b->items[hardest];
    if (b->count > 1 && count)
        fprintf(out, "%s %s/%s %s\n", in_words("\nHardest:", "\n最难"), x->chapter, x->id,
                x->title[exercise_language()]);
}

static const char *in_language(const Book *b, const char *english, char room[512])
{
    return exercise_language() ? words_chinese(b->words, english, room, 512) : english;
}

/* Students that a person should look at, each with the reason. */
static void print_attention(FILE *out, const Book *b, const Student *students, int count)
{
    bool any = false;
    for (int k = 0; k < count; k++) {
        char reasons[1024] = "", room[512];
        const json_t *unread = json_object_get(students[k].results, "unread");
        size_t n = 0;
        if (!students[k].results)
            n = (size_t)snprintf(reasons, sizeof reasons, "%s", in_words("the grading failed", "评分失败"));
        for (int i = 0; i < b->count && n < sizeof reasons; i++) {
            const json_t *x = exercise_of(&students[k], i);
            bool broken = strcmp(word(x, "status"), status_name(STATUS_GRADER_ERROR)) == 0;
            bool unclear =
                strcmp(word(x, "status"), status_name(STATUS_MISSING)) == 0 && word(x, "message")[0];
            if (broken || unclear)
                n += (size_t)snprintf(reasons + n, sizeof reasons - n, "%s%s: %s", n ? "; " : "",
                                      word(x, "id"), in_language(b, word(x, "message"), room));
        }
        for (size_t i = 0; i < json_array_size(unread) && n < sizeof reasons; i++)
            n += (size_t)snprintf(reasons + n, sizeof reasons - n, "%s%s%s", n ? "; " : "",
                                  i ? "" : in_words("not graded: ", "未评分："),
                                  in_language(b, json_string_value(json_array_get(unread, i)), room));
        if (!n)
            continue;
        if (!any)
            fprintf(out, "\n%s\n", in_words("To look at", "需要过目"));
        any = true;
        char *shown = printable_name(students[k].name);
        report_wrapped(out, 2, shown, 14, reasons);
        free(shown);
    }
}

static void print_head(FILE *out, const ClassRules *rules, const Student *students, int count)
{
    double *points = memory_zero((size_t)count + 1, sizeof *points), sum = 0;
    int late = 0, most = 0;
    for (int i = 0; i < count; i++) {
        points[i] = students[i].after_late;
        sum += points[i];
        late += students[i].days_late > 0;
        most = students[i].results ? number(students[i].results, "max_points") : most;
    }
    fprintf(out,
            in_words("%d submissions, mean %.1f of %d points, median %.1f",
                     "%d 份提交，平均 %.1f / %d 分，中位数 %.1f"),
            count, count ? sum / count : 0, most, median(points, count));
    if (rules->deadline && rules->deadline[0])
        fprintf(out, in_words(", %d late", "，%d 份迟交"), late);
    fprintf(out, "\n\n");
    free(points);
}

/* Adds a name to a list in a line. */
static size_t add_name(char *line, size_t at, size_t room, const char *submission)
{
    char name[256];
    class_student_name(submission, name);
    int n = at < room ? snprintf(line + at, room - at, "%s%s", at ? in_words(", ", "、") : "", name) : 0;
    return n < 0 || at + (size_t)n >= room ? room - 1 : at + (size_t)n;
}

/* The students whose text is that of the pair's first: one line for all of them. false if an earlier pair
 * has named them. */
static bool list_same(const Alike *alike, int pair, char *const *names, char *line, size_t room)
{
    const Pair *p = &alike->pairs[pair];
    size_t at = add_name(line, 0, room, names[p->first]);
    for (int i = 0; i < alike->count; i++) {
        const Pair *q = &alike->pairs[i];
        if (q->exercise != p->exercise || !q->same_text)
            continue;
        if (q->second == p->first || (q->first == p->first && i < pair))
            return false;
        if (q->first == p->first)
            at = add_name(line, at, room, names[q->second]);
    }
    return true;
}

/* Of a pair that a person should look at: who they are and how alike; false for others. */
static bool describe_pair(const Alike *alike, int pair, char *const *names, char *line, size_t room)
{
    const Pair *p = &alike->pairs[pair];
    if (p->same_text) {
        if (!list_same(alike, pair, names, line, room))
            return false;
        strncat(line, in_words(": the same text", "：文字完全相同"), room - strlen(line) - 1);
        return true;
    }
    if (p->percent < 90 || p->percent < p->median + 25)
        return false;
    size_t at = add_name(line, add_name(line, 0, room, names[p->first]), room, names[p->second]);
    snprintf(line + at, room - at,
             in_words(": %d%% alike, where half of all pairs have %d%% or less",
                      "：%d%% 相似，全班各对的中位数是 %d%%"),
             p->percent, p->median);
    return true;
}

static void print_alike(FILE *out, const Book *b, const Alike *alike, char *const *names)
{
    char label[64], line[1024];
    int shown = 0;
    for (int i = 0; i < alike->count && shown < ALIKE_SHOWN; i++) {
        const Exercise *x = &b->items[alike->pairs[i].exercise];
        if (!describe_pair(alike, i, names, line, sizeof line))
            continue;
        if (!shown++)
            fprintf(
                out, "\n%s\n",
                in_words("Written alike (all pairs: similarity.csv)", "写法相似（全部见 similarity.csv）"));
        snprintf(label, sizeof label, "%s/%s", x->chapter, x->id);
        char *printable = printable_name(line);
        report_wrapped(out, 2, label, 14, printable);
        free(printable);
    }
    if (alike->missing)
        fprintf(out, "\n%s\n",
                in_words("No similarity report: sim_c is missing (package similarity-tester; make deps)",
                         "没有相似度报告：缺少 sim_c（软件包 similarity-tester；make deps）"));
}

/* ---- all of it ----------------------------------------------------------------------------------- */

static void write_alike(const Book *b, const char *out, const Alike *alike, char *const *names)
{
    FileWriter *w = create(out, "similarity.csv");
    file_printf(w, "exercise,percent,median,same_text,first,second\n");
    for (int i = 0; i < alike->count; i++) {
        const Pair *p = &alike->pairs[i];
        file_printf(w, "%s/%s,%d,%d,%s,", b->items[p->exercise].chapter, b->items[p->exercise].id,
                    p->percent, p->median, p->same_text ? "yes" : "no");
        write_field(w, names[p->first]);
        file_printf(w, ",");
        write_field(w, names[p->second]);
        file_printf(w, "\n");
    }
    commit(w);
}

void class_report(const Grader *g, const Book *b, const ClassRules *rules, const char *from,
                  const char *out, char *const *names, int count)
{
    char *text;
    size_t size;
    Student *students = memory_zero((size_t)count + 1, sizeof *students);
    for (int i = 0; i < count; i++)
        students[i] = student_read(rules, out, names[i]);
    write_table(b, out, students, count);
    Alike alike = similarity_of(b, g->root, from, names, count);
    write_alike(b, out, &alike, names);
    FILE *memory = open_memstream(&text, &size);
    print_head(memory, rules, students, count);
    print_exercises(memory, b, students, count);
    print_causes(memory, b, students, count);
    print_alike(memory, b, &alike, names);
    print_attention(memory, b, students, count);
    fclose(memory);
    fputs(text, stdout);
    FileWriter *w = create(out, "summary.txt");
    file_write(w, text, size);
    commit(w);
    free(text);
    free(alike.pairs);
    for (int i = 0; i < count; i++)
        json_decref(students[i].results);
    free(students);
}
