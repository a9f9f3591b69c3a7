/* check_ch05_texts.c -- tests of exercises 3 and 5 of chapter 5: what a model reads is made of texts. */
#include "ch05/exercises/check_ch05.h"

/* ---- ex3 ----------------------------------------------------------------------------------------- */

enum {
    ONE_PER_ROW = 1,
    NEVER_FULL,
    CUT_AT_THE_END,
    PLACES_THROUGH,
    PLACES_FROM_1,
    NUMBERS_THROUGH,
    NUMBERS_FROM_0,
    LABEL_OF_ITSELF,
    LABEL_CROSSES,
    LABEL_FOR_PADDING,
    OPEN,
    LOOKS_AHEAD,
    LOOKS_FORWARD,
    NOT_ITSELF,
    PADDING_IS_BLIND
};

static const GradeSlip packing_slips[] = {
    {ONE_PER_ROW, "one document to a row: the next one goes into the same row as long as it fits"},
    {NEVER_FULL, "a document that fills its row to the last position is put into the next one: it fits"},
    {CUT_AT_THE_END, "a document goes on in the next row: one that does not fit begins a new row"},
    {PLACES_THROUGH, "positions are counted through the row: they begin at 0 in each document"},
    {PLACES_FROM_1, "positions begin at 1: the first token of a document has position 0"},
    {NUMBERS_THROUGH, "documents are numbered through all rows: each row begins with number 1 again"},
    {NUMBERS_FROM_0, "the first document of a row has number 0, which is that of padding: it has number 1"},
    {LABEL_OF_ITSELF, "the label is the token itself: it is the one after it"},
    {LABEL_CROSSES, "the last token of a document predicts the first of the next one: its label is IGNORE"},
    {LABEL_FOR_PADDING, "padding has the label 0: it is IGNORE, so that the loss does not count it"},
    {OPEN, "documents see each other: allowed only where both positions have the same document number"},
    {LOOKS_AHEAD, "a token sees what comes after it in its document: s <= t is missing"},
    {LOOKS_FORWARD, "a token looks forward instead of back: the first index is who looks, t, and s <= t"},
    {NOT_ITSELF, "a token does not see itself: s <= t, not s < t"},
    {PADDING_IS_BLIND, "padding sees nothing: its number is 0, and it follows the same rule as a document"},
    {0, NULL}};

typedef struct PackCase {
    const int *tokens, *lengths;
    int documents, rows, time;
} PackCase;

/* Which token of the text is at each position of all rows, and to which document it belongs; -1: padding. */
typedef struct Layout {
    int *token, *document; /* (R*T) */
    int *first;            /* (documents): the first token of each */
    int packed;
} Layout;

static int *filled(int count, int value)
{
    return draw_ints(count, value, value);
}

static Layout lay_out(const PackCase *c, int slip)
{
    int positions = c->rows * c->time, at = 0, token = 0;
    Layout l = {filled(positions, -1), filled(positions, -1), filled(c->documents, 0), 0};
    for (int d = 0; d < c->documents; d++, l.packed++) {
        int length = c->lengths[d], room = c->time - at % c->time;
        bool fits = slip == CUT_AT_THE_END || room == c->time ||
                    (slip != ONE_PER_ROW && (slip == NEVER_FULL ? length < room : length <= room));
        at += fits ? 0 : room;
        if (at + length > positions)
            break;
        l.first[d] = token;
        for (int t = 0; t < length; t++, at++) {
            l.token[at] = token++;
            l.document[at] = d;
        }
    }
    return l;
}

static int label_at(const PackCase *c, const Layout *l, int i, int slip)
{
    bool row_ends = i % c->time == c->time - 1;
    if (l->token[i] < 0)
        return slip == LABEL_FOR_PADDING ? PAD : IGNORE;
    if (slip == LABEL_OF_ITSELF)
        return c->tokens[l->token[i]];
    if (row_ends || l->token[i + 1] < 0 || (l->document[i + 1] != l->document[i] && slip != LABEL_CROSSES))
        return IGNORE;
    return c->tokens[l->token[i + 1]];
}

static bool is_allowed(const Layout *l, int row_start, int t, int s, int slip)
{
    int own = l->document[row_start + t], other = l->document[row_start + s];
    bool in_order = slip == LOOKS_FORWARD ? s >= t : slip == NOT_ITSELF ? s < t : s <= t;
    if (own < 0 && slip == PADDING_IS_BLIND)
        return false;
    return (in_order || slip == LOOKS_AHEAD) && (own == other || slip == OPEN);
}

/* What outputs 0 .. 3 hold at position i: ids, position, document, label. */
static int packed_at(const PackCase *c, const Layout *l, int i, int output, int slip)
{
    int token = l->token[i], document = l->document[i], before = l->document[i - i % c->time];
    if (output == 3)
        return label_at(c, l, i, slip);
    if (token < 0)
        return output == 0 ? PAD : 0;
    if (output == 0)
        return c->tokens[token];
    if (output == 1)
        return slip == PLACES_THROUGH ? i % c->time : token - l->first[document] + (slip == PLACES_FROM_1);
    return document - (slip == NUMBERS_THROUGH ? 0 : before) + (slip != NUMBERS_FROM_0);
}

/* Output 4 is the mask, output 5 what is returned. */
static Tensor *packed(const void *context, int output, int slip)
{
    const PackCase *c = context;
    const Layout l = lay_out(c, slip);
    int time = c->time;
    Tensor *out = output == 5   ? tensor_make(grade_arena(), 0, NULL)
                  : output == 4 ? grade_zeros(c->rows, time, time)
                                : grade_zeros(c->rows, time);
    for (int i = 0; i < (int)out->size; i++) {
        int row = i / (time * time);
        out->data[i] = (float)(output == 5   ? l.packed
                               : output == 4 ? is_allowed(&l, row * time, i / time % time, i % time, slip)
                                             : packed_at(c, &l, i, output, slip));
    }
    return out;
}

void call_pack_rows(const int *tokens, const int *lengths, int documents, int rows, int time)
{
    int total = 0;
    for (int i = 0; i < documents; i++)
        total += lengths[i];
    grade_call("pack_rows", grade_int(rows), grade_int(time), grade_ints(lengths, documents),
               grade_ints(tokens, total));
}

static void check_pack_rows(const int *tokens, const int *lengths, int documents, int rows, int time)
{
    static const char *const names[] = {"ids",   "position", "document",
                                        "label", "allowed",  "what it returns"};
    const PackCase c = {tokens, lengths, documents, rows, time};
    call_pack_rows(tokens, lengths, documents, rows, time);
    for (int i = 0; i < 6; i++)
        grade_expect_output(names[i], i, packed, &c, 0, packing_slips);
}

START_TEST(one_document_and_padding)
{
    check_pack_rows((int[]){7, 5, 9}, (int[]){3}, 1, 1, 5);
}
END_TEST

START_TEST(two_documents_share_a_row)
{
    check_pack_rows((int[]){7, 5, 9, 8, 6}, (int[]){3, 2}, 2, 1, 6);
}
END_TEST

START_TEST(a_row_filled_to_the_last_position)
{
    check_pack_rows((int[]){7, 5, 9, 8, 6, 4, 3, 2}, (int[]){2, 1, 2, 3}, 4, 2, 5);
}
END_TEST

START_TEST(many_documents)
{
    for (int round = 0; round < 3; round++) {
        int rows, time, documents = 9;
        grade_sizes(5, 10, &rows, &time);
        int *lengths = draw_ints(documents, 1, time), total = 0;
        for (int i = 0; i < documents; i++)
            total += lengths[i];
        check_pack_rows(draw_ints(total, 1, 99), lengths, documents, rows, time);
    }
}
END_TEST

START_TEST(many_short_documents_in_a_row)
{
    enum { DOCUMENTS = 70 };
    check_pack_rows(draw_ints(DOCUMENTS, 1, 99), draw_ints(DOCUMENTS, 1, 1), DOCUMENTS, 3, 30);
}
END_TEST

START_TEST(rows_that_stay_empty_and_documents_that_stay_out)
{
    check_pack_rows((int[]){7, 5, 9}, (int[]){1, 2}, 2, 3, 4);
    check_pack_rows((int[]){7, 5, 9, 8, 6, 4, 3}, (int[]){3, 2, 2}, 3, 2, 3);
}
END_TEST

/* ---- ex5 ----------------------------------------------------------------------------------------- */

enum {
    ONE_SENTINEL = 1,
    COUNTED_DOWN,
    COUNTED_FROM_1,
    SENTINEL_EACH,
    SENTINEL_AFTER,
    SENTINEL_ONLY_READ,
    SENTINEL_AT_THE_END,
    STARTS_LATE,
    LENGTH_AS_STOP,
    NOTHING_CUT,
    REST_LOST,
    EXCHANGED,
    NO_END,
    REST_IS_END
};

static const GradeSlip span_slips[] = {
    {ONE_SENTINEL, "all spans have the same sentinel: span i has sentinel + i"},
    {COUNTED_DOWN, "the sentinels count down: span i has sentinel + i"},
    {COUNTED_FROM_1, "the sentinels begin at sentinel + 1: the first span has sentinel itself"},
    {SENTINEL_EACH, "every token that is cut out leaves a sentinel: a whole span leaves one"},
    {SENTINEL_AFTER, "a sentinel comes after its span in the target: it comes before it"},
    {SENTINEL_ONLY_READ, "the target has no sentinels: each span comes after its own"},
    {SENTINEL_AT_THE_END, "the target has a sentinel more in front of end: there are as many as spans"},
    {STARTS_LATE, "spans begin a token too late: start is the first token that is cut out"},
    {LENGTH_AS_STOP, "length is taken for where a span stops: it stops in front of start + length"},
    {NOTHING_CUT, "what is cut out is still in the input: only its sentinel stays there"},
    {REST_LOST, "what comes after the last span is lost: it belongs to the input"},
    {EXCHANGED,
     "input and target are exchanged: the model reads what was kept, and writes what was cut out"},
    {NO_END, "end is missing after the last token"},
    {REST_IS_END, "end fills all the positions that are left: it comes once, then PAD"},
    {0, NULL}};

/* A row that is being written. */
typedef struct Row {
    Tensor *ids;
    int at;
} Row;

static void put(Row *r, int id)
{
    if (r->at < (int)r->ids->size) /* what a mistake writes too much is left out */
        r->ids->data[r->at++] = (float)id;
}

static void put_tokens(Row *r, const Corruption *c, int from, int to)
{
    for (int t = from; t < to && t < c->count; t++)
        put(r, c->text[t]);
}

static int sentinel_of(const Corruption *c, int span, int slip)
{
    int step = slip == ONE_SENTINEL ? 0 : slip == COUNTED_DOWN ? -span : span;
    return c->sentinel + step + (slip == COUNTED_FROM_1);
}

/* Writes span i and what comes before it, from token `from` on; returns the token after it. */
static int put_span(const Corruption *c, int i, int from, int slip, Row *input, Row *target)
{
    int start = c->spans.start[i] + (slip == STARTS_LATE), length = c->spans.length[i];
    int stop = slip == LENGTH_AS_STOP ? length : start + length, sentinel = sentinel_of(c, i, slip);
    put_tokens(input, c, from, start);
    for (int k = 0; k < (slip == SENTINEL_EACH ? length : 1); k++)
        put(input, sentinel);
    if (slip != SENTINEL_AFTER && slip != SENTINEL_ONLY_READ)
        put(target, sentinel);
    put_tokens(target, c, start, stop);
    if (slip == SENTINEL_AFTER)
        put(target, sentinel);
    return slip == NOTHING_CUT || stop < start ? start : stop;
}

/* Output 0 is the input, output 1 the target. */
static Tensor *corrupted(const void *context, int output, int slip)
{
    const Corruption *c = context;
    Row input = {.ids = grade_zeros(c->room)}, target = {.ids = grade_zeros(c->room)};
    int from = 0;
    for (int i = 0; i < c->spans.count; i++)
        from = put_span(c, i, from, slip, &input, &target);
    if (slip != REST_LOST)
        put_tokens(&input, c, from, c->count);
    if (slip == SENTINEL_AT_THE_END)
        put(&target, c->sentinel + c->spans.count);
    for (int k = 0; k < (slip == NO_END ? 0 : slip == REST_IS_END ? c->room : 1); k++) {
        put(&input, c->end);
        put(&target, c->end);
    }
    return (output == 0) == (slip != EXCHANGED) ? input.ids : target.ids;
}

Corruption draw_corruption(int count)
{
    enum { WORDS = 90 };
    int *start = draw_ints(count, 0, 0), *length = draw_ints(count, 1, 4), spans = 0;
    for (int at = rng_below(grade_rng(), 3); at + length[spans] <= count; spans++) {
        start[spans] = at;
        at += length[spans] + 1 + rng_below(grade_rng(), 5);
    }
    return (Corruption){.text = draw_ints(count, 4, WORDS),
                        .count = count,
                        .spans = {spans, start, length},
                        .sentinel = WORDS + 1,
                        .end = 2,
                        .room = 2 * count + 2};
}

void call_corrupt_spans(const Corruption *c)
{
    grade_call("corrupt_spans", grade_int(c->sentinel), grade_int(c->end), grade_int(c->room),
               grade_ints(c->text, c->count), grade_ints(c->spans.start, c->spans.count),
               grade_ints(c->spans.length, c->spans.count));
}

static void check_corrupt_spans(const Corruption *c)
{
    call_corrupt_spans(c);
    grade_expect_output("input", 0, corrupted, c, 0, span_slips);
    grade_expect_output("target", 1, corrupted, c, 0, span_slips);
}

/* The same nine words with other spans. */
static void check_nine_words(int spans, const int *start, const int *length)
{
    const Corruption c = {.text = (int[]){11, 12, 13, 14, 15, 16, 17, 18, 19},
                          .count = 9,
                          .spans = {spans, start, length},
                          .sentinel = 100,
                          .end = 2,
                          .room = 20};
    check_corrupt_spans(&c);
}

START_TEST(two_spans_in_nine_words)
{
    check_nine_words(2, (int[]){2, 6}, (int[]){2, 1});
}
END_TEST

START_TEST(spans_at_the_beginning_and_at_the_end)
{
    check_nine_words(3, (int[]){0, 3, 7}, (int[]){1, 3, 2});
}
END_TEST

START_TEST(no_span_and_the_whole_text)
{
    check_nine_words(0, (int[]){0}, (int[]){1});
    check_nine_words(1, (int[]){0}, (int[]){9});
}
END_TEST

START_TEST(rows_without_a_position_to_spare)
{
    Corruption c = draw_corruption(25);
    int cut = 0;
    for (int i = 0; i < c.spans.count; i++)
        cut += c.spans.length[i];
    c.room = (cut > c.count - cut ? cut : c.count - cut) + c.spans.count + 1;
    check_corrupt_spans(&c);
}
END_TEST

START_TEST(long_texts)
{
    for (int round = 0; round < 3; round++) {
        const Corruption c = draw_corruption(20 + 13 * round);
        check_corrupt_spans(&c);
    }
}
END_TEST

void grade_tests_of_texts(GradeSuite *s)
{
    grade_test(s, "ex3", one_document_and_padding);
    grade_test(s, "ex3", two_documents_share_a_row);
    grade_test(s, "ex3", a_row_filled_to_the_last_position);
    grade_test(s, "ex3", many_documents);
    grade_test(s, "ex3", many_short_documents_in_a_row);
    grade_test(s, "ex3", rows_that_stay_empty_and_documents_that_stay_out);
    grade_test(s, "ex5", two_spans_in_nine_words);
    grade_test(s, "ex5", spans_at_the_beginning_and_at_the_end);
    grade_test(s, "ex5", no_span_and_the_whole_text);
    grade_test(s, "ex5", long_texts);
    grade_test(s, "ex5", rows_without_a_position_to_spare);
}
