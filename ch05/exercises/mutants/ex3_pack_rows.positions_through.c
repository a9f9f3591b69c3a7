/* Wrong on purpose: positions are counted through the row. */
#include "ch05/exercises/exercises.h"

int pack_rows(const int *tokens, const int *lengths /* (documents) */, int documents, int R, int T,
              const Rows *rows)
{
    int packed = 0;
    for (int r = 0; r < R; r++) {
        int at = 0, number = 0; /* how far the row is filled, and the documents in it */
        while (packed < documents && at + lengths[packed] <= T) {
            int length = lengths[packed++];
            number++;
            for (int t = 0; t < length; t++, at++, tokens++) {
                int i = r * T + at;
                rows->ids[i] = *tokens;
                rows->position[i] = at;
                rows->document[i] = number;
                rows->label[i] = t + 1 < length ? tokens[1] : IGNORE;
            }
        }
        for (; at < T; at++) {
            int i = r * T + at;
            rows->ids[i] = PAD;
            rows->position[i] = rows->document[i] = 0;
            rows->label[i] = IGNORE;
        }
        for (int t = 0; t < T; t++) {
            for (int s = 0; s < T; s++)
                rows->allowed[(r * T + t) * T + s] =
                    s <= t && rows->document[r * T + s] == rows->document[r * T + t];
        }
    }
    return packed;
}
