/* check_ch05_texts.c -- tests of exercises 3 and 5 of chapter 5: what is made of texts before a model reads them. */
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
    {NEVER_FULL, "a document that fills its row to the last place is put into the next one: it fits"},
    {CUT_AT_THE_END, "a document goes on in the next row: one that does not fit begins a new row"},
    {PLACES_THROUGH, "places are counted through the row: they begin at 0 in each document"},
    {PLACES_FROM_1, "places begin at 1: the first token of a document has place 0"},
    {NUMBERS_THROUGH, "documents are numbered through all rows: each row begins with number 1 again"},
    {NUMBERS_FROM_0, "the first document of a row has number 0, which is that of padding: it has number 1"},
    {LABEL_OF_ITSELF, "the label is the token itself: it is the one behind it"},
    {LABEL_CROSSES,
     "the last token of a document is asked for the first of the next one: its label is IGNORE"},
    {LABEL_FOR_PADDING, "padding has the label 0: it is IGNORE, so that the loss does not count it"},
    {OPEN, "documents see each other: allowed only where both places have the same document number"},
    {LOOKS_AHEAD, "a token sees what comes behind it in its document: s <= t is missing"},
    {LOOKS_FORWARD, "a token looks forward instead of back: the first index is who looks, t, and s <= t"},
    {NOT_ITSELF, "a token does not see itself: s <= t, not s < t"},
    {PADDING_IS_BLIND, "padding sees nothing: its number is 0, and it follows the same rule as a document"},
    {0, NULL}};

typedef struct PackCase {
    const int *tokens, *lengths;
    int documents, rows, time;
} PackCase;

/* Which token of the text stands at each place of all rows, and to which document it belongs; -1: padding. */
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
    int places = c->rows * c->time, at = 0, token = 0;
    Layout l = {filled(places, -1), filled(places, -1), filled(c->documents, 0), 0};
    for (int d = 0; d < c->documents; d++, l.packed++) {
        int length = c->lengths[d], room = c->time - at % c->time;
        bool fits = slip == CUT_AT_THE_END || room == c->time ||
                    (slip != ONE_PER_ROW && (slip == NEVER_FULL ? length < room : length <= room));
        at += fits ? 0 : room;
        if (at + length > places)
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

/* What stands in output 0 .. 3 at place i: ids, place, document, label. */
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
    static const char *const names[] = {"ids", "place", "document", "label", "allowed", "what it returns"};
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

START_TEST(a_row_filled_to_the_last_place)
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

START_TEST(rows_that_stay_empty_and_documents_that_stay_out)
{
    check_pack_rows((int[]){7, 5, 9}, (int[]){1, 2}, 2, 3, 4);
    check_pack_rows((int[]){7, 5, 9, 8, 6, 4, 3}, (int[]){3, 2, 2}, 3, 2, 3);
}
END_TEST

void grade_tests_of_texts(GradeSuite *s)
{
    grade_test(s, "ex3", one_document_and_padding);
    grade_test(s, "ex3", two_documents_share_a_row);
    grade_test(s, "ex3", a_row_filled_to_the_last_place);
    grade_test(s, "ex3", many_documents);
    grade_test(s, "ex3", rows_that_stay_empty_and_documents_that_stay_out);
}
