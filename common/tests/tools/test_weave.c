/* test_weave.c -- the tool that keeps the book's text in step, on a small book made here.
 *
 * The book is woven once and must then hold; every fault planted in it must be
 * found, with its file and line. The tool's sources are included, so that the
 * tests need no tool built before them and run the very same code. */
#define main weave_main
int weave_main(int argc, char **argv);
#include "common/tools/weave.c"
#undef main
#include "common/tools/weave_block.c"
#include "common/tools/weave_inline.c"
#include "common/tools/weave_list.c"
#include "common/tools/weave_page.c"
#include "common/tools/weave_regions.c"
#include "common/tools/weave_source.c"
#include "common/tools/weave_terms.c"

#include <check.h>
#include <sys/wait.h>

static char folder[64], printed[16384];

/* ---- the small book --------------------------------------------------------------------------------- */

static const char PROGRAM[] = "/* demo.c */\n"
                              "//> add\n"
                              "static int add(int a, int b)\n"
                              "{\n"
                              "    return a + b;\n"
                              "}\n"
                              "//< add\n"
                              "\n"
                              "int main(int argc, char **argv)\n"
                              "{\n"
                              "    return add(argc, 0) == 0 || !argv;\n"
                              "}\n";

/* A word with the company that excuses it, one for text alone, one of Chinese, one for programs alone. */
static const char TERMS[] = "# words\n"
                            "language\twhere\tword\tinstead\tunless\n"
                            "en\tall\tplaces?\tposition\ttake place|decimal places?\n"
                            "en\ttext\tin earnest\tdelete it\t\n"
                            "en\toutput\tlanes?\tsequence\t\n"
                            "zh\tall\t\xe6\x95\xa3\xe5\x88\x97\t\xe5\x93\x88\xe5\xb8\x8c\t\n";

static const char EXPECTED[] = "# tolerance 0.1\n"
                               "$ ./ch03/demo --seed 2\n"
                               "a table\n"
                               "  one    1.5  -2e-07\n"
                               "  two    2.5   4\n"
                               "\n"
                               "loss gpt2 3.25, then 12%\n";

static const char CHAPTER[] =
    "# Chapter 3\n"
    "\n"
    "See [](#fig-heads), [](#eq-sum), [](#tab-shapes), [](#ex-3.1), [](#sec-3.1.1),\n"
    "[](references.md#vaswani2017), [](glossary.md#term-head), [heads](#fig-heads),\n"
    "`[code](#nowhere)` and $[x](y)$, [figure 9.9](#fig-heads).\n"
    "\n"
    "## 3.1 First\n"
    "\n"
    "<!-- code: ch03/demo.c#add -->\n"
    "\n"
    "### 3.1.1 Sub: it's (so)\n"
    "\n"
    "<!-- out: ch03/expected/demo.txt -->\n"
    "\n"
    "<!-- out: ch03/expected/demo.txt from \"a table\" -->\n"
    "\n"
    "<!-- out: ch03/expected/demo.txt from \"one\" to \"two\" -->\n"
    "\n"
    "Loss <!-- val: ch03/expected/demo.txt \"loss\" 1 -->9<!-- /val --> and\n"
    "<!-- val: ch03/expected/demo.txt \"one\" 2 --><!-- /val --> and\n"
    "<!-- val: ch03/expected/demo.txt \"loss\" word 2 --><!-- /val -->.\n"
    "\n"
    "<!-- fig: heads -->\n"
    "![Four heads](../figures/ch03/demo.svg)\n"
    "\n"
    "<!-- tab: shapes -->\n"
    "Shapes\n"
    "| a | b |\n"
    "| - | - |\n"
    "\n"
    "<!-- eq: sum -->\n"
    "$$\n"
    "a + b\n"
    "$$\n"
    "\n"
    "<!-- eq: short -->\n"
    "$$ c $$\n"
    "\n"
    "$$ free $$\n"
    "\n"
    "<!-- exercise: ch03/ex1 -->\n"
    "\n"
    "Write it.\n"
    "\n"
    "<!-- run: ch03/demo -->\n"
    "\n"
    "[the source](../../ch03/demo.c) and [a page](https://example.org/#x).\n"
    "\n"
    "## 3.2 Last\n";

static void path_of(const char *name, char out[200])
{
    snprintf(out, 200, "%s/%s", folder, name);
}

static void put(const char *name, const char *text)
{
    char path[200], *slash;
    path_of(name, path);
    slash = strrchr(path, '/');
    *slash = '\0';
    ck_assert(file_make_directory(path, NULL));
    *slash = '/';
    ck_assert(write_text(path, text, strlen(text), NULL));
}

static char *get(const char *name)
{
    char path[200];
    size_t size;
    Error e = {""};
    path_of(name, path);
    char *text = file_read(path, &size, &e);
    ck_assert_msg(text != NULL, "%s", e.text);
    return text;
}

/* Replaces the first `from` in a file by `to`. */
static void edit(const char *name, const char *from, const char *to)
{
    char *text = get(name), *at = strstr(text, from);
    Buffer b = {0};
    ck_assert_msg(at != NULL, "%s does not hold %s", name, from);
    buffer_add(&b, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    put(name, b.bytes);
    buffer_free(&b);
    free(text);
}

/* The tool's exit status; what it printed is in printed. */
static int tool(const char *verb)
{
    char *argv[] = {"weave", "--root", folder, (char *)verb, NULL};
    FILE *out = tmpfile();
    int status;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        dup2(fileno(out), STDOUT_FILENO);
        dup2(fileno(out), STDERR_FILENO);
        int ended = weave_main(4, argv);
        fflush(NULL);
        /* hundreds of children: the sanitizer's search for leaks at exit would take minutes */
        _exit(ended);
    }
    waitpid(child, &status, 0);
    rewind(out);
    printed[fread(printed, 1, sizeof printed - 1, out)] = '\0';
    fclose(out);
    ck_assert_msg(WIFEXITED(status), "the tool crashed: %s", printed);
    return WEXITSTATUS(status);
}

static void make_book(void)
{
    snprintf(folder, sizeof folder, "/tmp/test_weave.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    put("ch03/demo.c", PROGRAM);
    put("ch03/expected/demo.txt", EXPECTED);
    put("ch03/costs.tsv", "# measured\nprogram\tseconds\tmb\tcores\nch03/demo\t0.1\t5\t2\n");
    put("ch03/exercises/exercises.tsv",
        "id\tpoints\tminutes\ttitle\ttitle_zh\nex1\t10\t15\tAdd\t\xe5\x8a\xa0\n");
    put("ch03/out/demo.svg", "<svg><text>query 1.5</text></svg>");
    put("ch03/out/demo.zh.svg", "<svg><text>\xe9\x97\xae 1.5</text></svg>");
    put("book/outline.tsv",
        "kind\tnumber\tzh\ten\npart\t\tP\tP\nchapter\t3\tC\tC\nsection\t3.1\tFirst\tFirst\n"
        "section\t3.1.1\tSub: it's (so)\tSub: it's (so)\nprogram\t3.1.1\tdemo\tdemo\n"
        "section\t3.2\tLast\tLast\n");
    put("book/references.tsv",
        "key\tshort\tauthors\tyear\ttitle\tvenue\turl\nvaswani2017\tVaswani et al.\tA. V.\t2017\t"
        "Attention\tNeurIPS\t\n");
    put("book/glossary.tsv",
        "key\ten\tzh\tmeaning_en\tmeaning_zh\nhead\thead\t\xe5\xa4\xb4\tOne.\t\xe4\xb8\x80\n");
    put("book/terms.tsv", TERMS);
    for (int i = 0; i < LANGUAGES; i++) {
        static const char *const lists[] = {"outline", "contents", "references", "glossary"};
        char name[64], text[128];
        snprintf(name, sizeof name, "%s/ch03.md", FOLDER[i]);
        put(name, CHAPTER);
        for (int k = 0; k < 4; k++) {
            snprintf(name, sizeof name, "%s/%s.md", FOLDER[i], lists[k]);
            snprintf(text, sizeof text, "# Page\n\n<!-- %s -->\n<!-- /%s -->\n", lists[k], lists[k]);
            put(name, text);
        }
    }
    ck_assert_msg(tool("sync") == 0, "%s", printed);
}

static void remove_book(void)
{
    char command[100];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    ck_assert_int_eq(system(command), 0);
}

/* ---- what is woven ---------------------------------------------------------------------------------- */

START_TEST(a_woven_book_holds)
{
    ck_assert_msg(tool("check") == 0, "%s", printed);
    ck_assert_ptr_nonnull(strstr(printed, "book: 10 pages, 0 faults"));
    ck_assert_msg(tool("sync") == 0, "%s", printed);
    ck_assert_msg(!strstr(printed, "wrote"), "a second sync changes nothing: %s", printed);
}
END_TEST

static const char *const WOVEN[] = {
    "See [Figure 3.1](#fig-heads), [Equation (3.1)](#eq-sum), [Table 3.1](#tab-shapes), [Exercise "
    "3.1](#ex-3.1), "
    "[Section 3.1.1](#311-sub-its-so),\n"
    "[Vaswani et al., 2017](references.md#vaswani2017), [head](glossary.md#term-head), "
    "[heads](#fig-heads),\n"
    "`[code](#nowhere)` and $[x](y)$, [figure 3.1](#fig-heads).\n",
    "<!-- code: ch03/demo.c#add -->\n```c\nstatic int add(int a, int b)\n{\n    return a + b;\n}\n```\n\n",
    "demo.txt -->\n```text\n$ ./ch03/demo --seed 2\na table\n",
    "from \"a table\" -->\n```text\na table\n  one    1.5  -2e-07\n  two    2.5   4\n```\n\n",
    "from \"one\" to \"two\" -->\n```text\n  one    1.5  -2e-07\n  two    2.5   4\n```\n\n",
    "-->3.25<!-- /val --> and\n",
    "-->-2e-07<!-- /val --> and\n",
    "-->gpt2<!-- /val -->.\n",
    "<!-- fig: heads --><a id=\"fig-heads\"></a>\n![Four heads](../figures/ch03/demo.svg)\n\n**Figure "
    "3.1** Four heads\n\n",
    "<!-- tab: shapes --><a id=\"tab-shapes\"></a>\n**Table 3.1** Shapes\n\n| a | b |\n",
    "<!-- eq: sum --><a id=\"eq-sum\"></a>\n$$\na + b\n\\tag{3.1}\n$$\n",
    "$$ c \\tag{3.2} $$\n\n$$ free $$\n",
    "**Exercise 3.1 Add** (10 points, about 15 minutes, `make ex EX=ch03/ex1`)\n\nWrite it.\n",
    "> **Run it yourself** `make ch03 && ./ch03/demo --seed 2`\n>\n> Measured on 2 cores: about 0.1 s and "
    "5 MB."};

START_TEST(what_is_woven)
{
    char *text = get("book/en/ch03.md");
    ck_assert_msg(strstr(text, WOVEN[_i]) != NULL, "missing:\n%s\nin:\n%s", WOVEN[_i], text);
    free(text);
}
END_TEST

START_TEST(chinese_and_lists)
{
    char *zh = get("book/zh/ch03.md"), *outline = get("book/en/outline.md"),
         *terms = get("book/zh/glossary.md"), *papers = get("book/en/references.md"),
         *picture = get("book/figures/ch03/demo.svg");
    ck_assert_ptr_nonnull(strstr(zh, "[\xe5\x9b\xbe 3.1](#fig-heads)"));
    ck_assert_ptr_nonnull(
        strstr(zh, "![Four heads](../figures/ch03/demo.zh.svg)\n\n**\xe5\x9b\xbe 3.1** Four heads\n"));
    ck_assert_ptr_nonnull(strstr(zh, "[Vaswani \xe7\xad\x89\xef\xbc\x8c"
                                     "2017](references.md#vaswani2017)"));
    ck_assert_ptr_nonnull(strstr(outline,
                                 "  - ● [3.1.1 Sub: it's (so)](ch03.md#311-sub-its-so)\n"
                                 "    - ● [`demo`](../../ch03/demo.c)\n- ● [3.2 Last](ch03.md#32-last)\n"));
    ck_assert_ptr_nonnull(strstr(terms, "<a id=\"term-head\"></a>**\xe5\xa4\xb4**"));
    ck_assert_ptr_nonnull(strstr(papers, "<a id=\"vaswani2017\"></a>A. V. (2017). Attention. *NeurIPS*."));
    ck_assert_str_eq(picture, "<svg><text>query 1.5</text></svg>");
    free(zh);
    free(outline);
    free(terms);
    free(papers);
    free(picture);
}
END_TEST

/* ---- planted faults: found with file and line ------------------------------------------------------- */

#define EN_PAGE "book/en/ch03.md"

static const struct {
    const char *file, *from, *to, *said;
} faults[] = {
    /* the program moved on, the text did not */
    {"ch03/demo.c", "return a + b", "return b + a", "book/en/ch03.md:13: the listing is not up to date"},
    {"ch03/demo.c", "//> add", "// add", "book/en/ch03.md:9: ch03/demo.c: no line '//> add'"},
    {"ch03/demo.c", "//< add", "", "book/en/ch03.md:9: ch03/demo.c: no line '//< add'"},
    {"ch03/demo.c", "int main", "//> add\nint main", "ch03/demo.c:9: '//> add' a second time"},
    {"ch03/demo.c", "//> add\n", "//< add\n//> add\n", "'//< add' a second time"},
    {"ch03/expected/demo.txt", "3.25", "3.5", "book/zh/ch03.md:42: '3.25' should be '3.5'"},
    {"ch03/expected/demo.txt", "two    2.5", "two    2.75", "the output is not up to date"},
    {"ch03/expected/demo.txt", "$ ./ch03/demo", "$ ./ch03/demo2", "the box is not up to date"},
    {"ch03/expected/demo.txt", "loss", "one loss", "hold \"one\"; one is wanted"},
    {"ch03/expected/demo.txt", "loss", "cost",
     "book/en/ch03.md:42: ch03/expected/demo.txt: no line holds \"loss\""},
    {"ch03/expected/demo.txt", "  two", "  zwei", "no line after this one holds \"two\""},
    {"ch03/costs.tsv", "0.1", "0.2", "the box is not up to date"},
    {"ch03/costs.tsv", "ch03/demo", "ch03/dome", "ch03/costs.tsv has no row for ch03/demo"},
    {"ch03/costs.tsv", "seconds", "time", "no column 'seconds'"},
    {"ch03/costs.tsv", "\t2\n", "\n", "ch03/costs.tsv:3: 3 cells; the header has 4"},
    {"ch03/exercises/exercises.tsv", "Add", "Sum", "book/en/ch03.md:69: the exercise is not up to date"},
    {"ch03/exercises/exercises.tsv", "ex1", "ex2", "has no exercise ch03/ex1"},
    {"ch03/out/demo.svg", "query", "key", "book/figures/ch03/demo.svg differs from what the program draws"},
    {"ch03/out/demo.zh.svg", "\xe9\x97\xae", "\xe9\x94\xae",
     "book/zh/ch03.md:47: book/figures/ch03/demo.zh.svg differs from what the program draws"},
    {"book/zh/ch03.md", "demo.zh.svg", "demo.svg", "book/zh/ch03.md:"},
    {"book/figures/ch03/demo.svg", "<svg>", "<html>", "is no SVG"},
    {"book/glossary.tsv", "head\thead", "hea\thead", "there is no '#term-head' in book/glossary.tsv"},
    {"book/references.tsv", "vaswani2017", "vaswani", "there is no '#vaswani2017' in book/references.tsv"},
    {"book/references.tsv", "2017\tAtt", "2016\tAtt", "'Vaswani et al., 2017': the year is 2016"},
    {"book/outline.tsv", "section\t3.2\tLast\tLast", "section\t3.2\tLast\tEnd",
     "the section is '3.2 Last'; '3.2 End' is next"},
    {"book/outline.tsv", "section\t3.2\tLast\tLast\n", "",
     "the section '3.2 Last' is not in book/outline.tsv"},
    /* the text went astray */
    {EN_PAGE, "return a + b", "return a - b", "book/en/ch03.md:13: the listing is not up to date"},
    {EN_PAGE, "demo.c#add", "demo.c#sub", "book/en/ch03.md:9: ch03/demo.c: no line '//> sub'"},
    {EN_PAGE, "demo.c#add", "demo.c", "expected FILE#REGION"},
    {EN_PAGE, "demo.c#add", "none.c#add", "ch03/none.c: No such file"},
    {EN_PAGE, "}\n```\n", "}\n", "is not"},
    {EN_PAGE, "$$ free $$", "$$ free", "this formula ($$) is not closed"},
    {EN_PAGE, "-->3.25", "-->3.2", "book/en/ch03.md:42: '3.2' should be '3.25'"},
    {EN_PAGE, "\"loss\" 1", "\"loss\" 7", "no figure number 7 in this line"},
    {EN_PAGE, "\"loss\" 1", "loss 1", "expected FILE \"text\" N"},
    {EN_PAGE, "gpt2<!-- /val -->", "gpt2", "a value ends with <!-- /val --> on the same line"},
    {EN_PAGE, "from \"one\" to", "from \"o\" to", "hold \"o\"; one is wanted"},
    {EN_PAGE, "[Figure 3.1](#fig", "[Figure 3.2](#fig", "book/en/ch03.md:3: 'Figure 3.2' should say 3.1"},
    {EN_PAGE, "[heads](#fig-heads)", "[heads](#fig-tails)",
     "book/en/ch03.md:4: there is no '#fig-tails' in book/en/ch03.md"},
    {EN_PAGE, "#vaswani2017", "#vaswani2018", "book/en/ch03.md:4: there is no '#vaswani2018'"},
    {EN_PAGE, "ch03/demo.c) and", "ch03/demi.c) and", "the link leads nowhere: no file ch03/demi.c"},
    {EN_PAGE, "(#311-sub-its-so)", "(#sub)", "there is no '#sub'"},
    {EN_PAGE, "[the source]", "[the\nsource]", "a link stands on one line"},
    {EN_PAGE, "figures/ch03/demo.svg", "figures/ch03/other.svg", "no file book/figures/ch03/other.svg"},
    {EN_PAGE, "**Figure 3.1** Four", "**Figure 3.1** Five", "the figure is not up to date: heads"},
    {EN_PAGE, "\\tag{3.1}", "\\tag{3.7}", "the equation is not up to date: sum"},
    {EN_PAGE, "eq: short", "eq: sum", "'eq-sum' a second time; the first is line"},
    {EN_PAGE, "<!-- fig: heads", "<!-- figure: heads", "'<!-- figure:' is no marker"},
    {EN_PAGE, "<!-- run: ch03/demo -->", "", "no box for the program: <!-- run: ch03/demo -->"},
    {"ch03/demo.c", "int main(", "int main2(",
     "book: 10 pages, 0 faults"}, /* no program then: the box may stay */
    /* one language only */
    {EN_PAGE, "## 3.2 Last", "## 3.2 Last\n\n## 3.3 More", "section '3.3'; book/zh/ch03.md:"},
    {EN_PAGE, "## 3.2 Last", "", "section '3.2'; book/en/ch03.md:"},
    {EN_PAGE, "### 3.1.1 Sub: it's (so)", "### Sub: it's (so)", "section '3.1.1'; book/en/ch03.md:"},
    {"book/zh/ch03.md", "$$ free $$", "", "book/zh/ch03.md:"},
    {"book/zh/ch03.md", "from \"a table\" -->", "from \"a tab\" -->",
     "output 'ch03/expected/demo.txt from \"a tab\"'"},
    {"book/zh/ch03.md", "ch03/ex1 -->", "ch3/ex1 -->", "an exercise is named like ch03/ex1"},
};

START_TEST(a_planted_fault_is_found)
{
    bool harmless = strstr(faults[_i].said, " 0 faults") != NULL;
    edit(faults[_i].file, faults[_i].from, faults[_i].to);
    int status = tool("check");
    ck_assert_msg(status == !harmless, "status %d: %s -> %s", status, faults[_i].from, faults[_i].to);
    ck_assert_msg(strstr(printed, faults[_i].said) != NULL, "%s -> %s: expected '%s' in:\n%s",
                  faults[_i].from, faults[_i].to, faults[_i].said, printed);
}
END_TEST

/* ---- regions and words ------------------------------------------------------------------------------ */

/* The words of a chapter, in front of its last heading. */
static const struct {
    const char *file, *from, *to, *said; /* said: NULL where there is nothing to say */
} words[] = {
    /* regions of a program: used, and closed */
    {"ch03/demo.c", "int main", "//> rest\n//< rest\nint main",
     "ch03/demo.c:9: no page shows the region 'rest'"},
    {"ch03/demo.c", "int main", "//> rest\nint main", "ch03/demo.c:9: the region 'rest' is not closed"},
    {"ch03/demo.c", "int main", "//< rest\nint main",
     "ch03/demo.c:9: the region 'rest' ends and did not begin"},
    {"ch03/demo.c", "//< add\n", "//> part\n//< part\n//< add\n", "no page shows the region 'part'"},
    /* words of a page: whole, in either case, in the right language, and not in code */
    {EN_PAGE, "## 3.2", "Every place counts.\n\n## 3.2", "book/en/ch03.md:80: 'place': say position"},
    {EN_PAGE, "## 3.2", "Places and a place.\n\n## 3.2", "'Places' and 1 more: say position"},
    {EN_PAGE, "## 3.2", "Replace it; a placebo; a workplace.\n\n## 3.2", NULL},
    {EN_PAGE, "## 3.2", "The talks take place. Four decimal places.\n\n## 3.2", NULL},
    {EN_PAGE, "## 3.2", "The talks take place at a place.\n\n## 3.2", "'place': say position"},
    {EN_PAGE, "## 3.2", "It takes `a place`, $place$, [x](#place).\n\n## 3.2", "no '#place'"},
    {EN_PAGE, "## 3.2", "`a place`, $x_{place}$ and $$place$$\n\n```text\nplace\n```\n\n## 3.2", NULL},
    {EN_PAGE, "## 3.2", "London is a place. <!-- term: place -->\n\n## 3.2", NULL},
    {EN_PAGE, "## 3.2", "In earnest, a place. <!-- term: place -->\n\n## 3.2",
     "'In earnest': say delete it"},
    {EN_PAGE, "## 3.2", "The lanes.\n\n## 3.2", NULL},
    {EN_PAGE, "![Four heads]", "![Four places]", "book/en/ch03.md:47: 'places': say position"},
    {"book/zh/ch03.md", "## 3.2", "place\n\n## 3.2", NULL},
    {"book/zh/ch03.md", "## 3.2", "\xe6\x8c\x89\xe6\x95\xa3\xe5\x88\x97\xe5\x88\x86\n\n## 3.2",
     "book/zh/ch03.md:80: '\xe6\x95\xa3\xe5\x88\x97': say \xe5\x93\x88\xe5\xb8\x8c"},
    /* tables */
    {"book/glossary.tsv", "One.", "One place.", "book/glossary.tsv:2: 'place': say position"},
    {"ch03/exercises/exercises.tsv", "Add", "A place",
     "ch03/exercises/exercises.tsv:2: 'place': say position"},
    /* what programs print: strings, not comments and not names */
    {"ch03/demo.c", "int main", "int place; /* a place */ // \"place\"\nint main", NULL},
    {"ch03/demo.c", "int main", "char *s = \"at the\\nplace\";\nint main",
     "ch03/demo.c:9: 'place': say position"},
    {"ch03/demo.c", "int main", "char *s = \"--place x.place_2\"; // term: place\nint main", NULL},
    {"ch03/demo.c", "int main", "char *s = \"--place\", c = '\"'; int place;\nint main", NULL},
    {"ch03/demo.c", "int main", "char *s = \"two lanes, in earnest\";\nint main",
     "ch03/demo.c:9: 'lanes': say sequence"},
    {"ch03/expected/demo.txt", "then 12%", "a place", "ch03/expected/demo.txt:7: 'place': say position"},
    {"ch03/expected/demo.txt", "# tol", "# place\n# tol", NULL},
    /* a term of the glossary that is followed by the English one */
    {"book/zh/ch03.md", "## 3.2", "\xe9\xa6\x96\xef\xbc\x88head\xef\xbc\x89\n\n## 3.2",
     "book/zh/ch03.md:80: 'head' is '\xe5\xa4\xb4' in book/glossary.tsv:2"},
    {"book/zh/ch03.md", "## 3.2", "**\xe5\xa4\xb4**\xef\xbc\x88Head\xef\xbc\x89\n\n## 3.2", NULL},
    {"book/zh/ch03.md", "## 3.2", "\xe9\xa6\x96\xef\xbc\x88header\xef\xbc\x89\n\n## 3.2", NULL},
};

static void try_words(int i)
{
    static const char *const other[] = {"book/en/ch03.md", "book/zh/ch03.md"};
    edit(words[i].file, words[i].from, words[i].to);
    for (int k = 0; k < 2; k++) /* blocks must stay the same in both languages */
        if (strcmp(words[i].file, other[!k]) == 0 && strstr(words[i].to, "$$"))
            edit(other[k], words[i].from, words[i].to);
}

START_TEST(a_word_is_found_and_no_other)
{
    try_words(_i);
    if (strstr(words[_i].file, "glossary") || strstr(words[_i].file, "demo.txt") ||
        strstr(words[_i].to, "!["))
        tool("sync");
    int status = tool("check");
    ck_assert_msg(status == (words[_i].said != NULL), "status %d: %s: %s", status, words[_i].to, printed);
    ck_assert_msg(!words[_i].said || strstr(printed, words[_i].said), "%s: expected '%s' in:\n%s",
                  words[_i].to, words[_i].said, printed);
}
END_TEST

START_TEST(a_region_of_a_chapter_without_text)
{
    put("ch04/demo.c", "//> all\nint x;\n//< all\n");
    put("common/nn/nn.c", "//> all\nint x;\n//< all\n");
    ck_assert_msg(tool("check") == 0, "%s", printed);
    put("common/nn/nn.c", "//> all\nint x;\n");
    ck_assert_int_eq(tool("check"), 1);
    ck_assert_msg(strstr(printed, "common/nn/nn.c:1: the region 'all' is not closed"), "%s", printed);
}
END_TEST

START_TEST(a_list_of_words_that_cannot_be_read)
{
    edit("book/terms.tsv", "places?", "places(");
    ck_assert_int_eq(tool("check"), 2);
    ck_assert_msg(strstr(printed, "book/terms.tsv:3: 'places('"), "%s", printed);
    edit("book/terms.tsv", "en\tall\tplaces(", "de\tall\tplaces?");
    ck_assert_int_eq(tool("check"), 2);
    ck_assert_msg(strstr(printed, "book/terms.tsv:3: the language is en or zh, not 'de'"), "%s", printed);
}
END_TEST

START_TEST(a_page_in_one_language_only)
{
    put("book/zh/more.md", "# More\n");
    ck_assert_int_eq(tool("check"), 1);
    ck_assert_msg(strstr(printed, "book/zh/more.md:1: there is no book/en/more.md"), "%s", printed);
}
END_TEST

START_TEST(sync_mends_what_it_can)
{
    edit("ch03/demo.c", "return a + b", "return b + a");
    edit("ch03/expected/demo.txt", "3.25", "3.5");
    edit("ch03/out/demo.svg", "query", "key");
    ck_assert_msg(tool("sync") == 0, "%s", printed);
    ck_assert_msg(tool("check") == 0, "%s", printed);
    char *text = get(EN_PAGE);
    ck_assert_ptr_nonnull(strstr(text, "return b + a"));
    ck_assert_ptr_nonnull(strstr(text, "-->3.5<!--"));
    free(text);
}
END_TEST

/* What it cannot mend it leaves as the author wrote it. */
START_TEST(sync_reports_the_rest)
{
    edit(EN_PAGE, "demo.c#add", "demo.c#sub");
    char *before = get(EN_PAGE);
    ck_assert_int_eq(tool("sync"), 1);
    char *after = get(EN_PAGE);
    ck_assert_str_eq(before, after);
    free(before);
    free(after);
}
END_TEST

START_TEST(bad_usage_is_status_2)
{
    ck_assert_int_eq(tool("chekc"), 2);
    ck_assert_ptr_nonnull(strstr(printed, "usage: weave"));
    put("book/zh/ch03.md", "# \xff\n");
    ck_assert_int_eq(tool("check"), 2);
    ck_assert_msg(strstr(printed, "book/zh/ch03.md:1: byte 2 of the line is not UTF-8"), "%s", printed);
    put("book/outline.tsv", "");
    ck_assert_int_eq(tool("check"), 2);
    ck_assert_msg(strstr(printed, "book/outline.tsv:1: no column 'kind'"), "%s", printed);
}
END_TEST

/* Damaged pages: cut, doubled, overwritten. Any answer will do, but no crash and no endless loop. */
START_TEST(damaged_pages)
{
    static const char *const bits[] = {"<!-- ", "-->", "```", "$$", "](", "[", "`",
                                       "$",     "\n",  "**",  "#",  "\"", " ", "|"};
    char *text = get(EN_PAGE);
    int size = (int)strlen(text);
    Rng rng = rng_new((uint64_t)_i + 1);
    for (int round = 0; round < 25; round++) {
        Buffer b = {0};
        int cut = rng_below(&rng, size), skip = rng_below(&rng, 40);
        buffer_add(&b, "%.*s%s", cut, text, bits[rng_below(&rng, sizeof bits / sizeof *bits)]);
        buffer_add(&b, "%s", text + (cut + skip < size ? cut + skip : size));
        put(EN_PAGE, b.bytes);
        buffer_free(&b);
        ck_assert_int_le(tool(round % 2 ? "check" : "sync"), 2);
    }
    free(text);
}
END_TEST

int main(void)
{
    enum {
        FAULTS = sizeof faults / sizeof *faults,
        PARTS = sizeof WOVEN / sizeof *WOVEN,
        WORDS = sizeof words / sizeof *words
    };
    Suite *s = suite_create("weave");
    TCase *t = tcase_create("weave");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, make_book, remove_book);
    tcase_add_test(t, a_woven_book_holds);
    tcase_add_loop_test(t, what_is_woven, 0, PARTS);
    tcase_add_test(t, chinese_and_lists);
    tcase_add_loop_test(t, a_planted_fault_is_found, 0, FAULTS);
    tcase_add_loop_test(t, a_word_is_found_and_no_other, 0, WORDS);
    tcase_add_test(t, a_region_of_a_chapter_without_text);
    tcase_add_test(t, a_list_of_words_that_cannot_be_read);
    tcase_add_test(t, a_page_in_one_language_only);
    tcase_add_test(t, sync_mends_what_it_can);
    tcase_add_test(t, sync_reports_the_rest);
    tcase_add_test(t, bad_usage_is_status_2);
    tcase_add_loop_test(t, damaged_pages, 0, 8);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
