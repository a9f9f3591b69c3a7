/* data_texts.h -- short texts for a model that reads each of them as a whole: [CLS] ... [SEP].
 *
 * They are samples of the little world, in Chinese and in English, or the lines of a file. A
 * text that is longer than the context is cut into several. */
#ifndef CH05_TEXTS_H
#define CH05_TEXTS_H

#include "common/base/error.h"
#include "common/base/rng.h"
#include "common/tokenizer/tokenizer.h"
#include "common/world/samples.h"

/* Lines of text, one after another. */
typedef struct Lines {
    char *text; /* each line ends in '\n' */
    size_t size;
} Lines;

/* About `count` samples of one side, each a line: as many of each chosen kind and language, fewer of
 * kinds that have fewer. */
Lines lines_of_world(const bool kinds[WORLD_KINDS], WorldSide side, int count, Rng *rng);

/* Splits a file: the last tenth of its lines, at least one, is held out. False and *e, which names the
 * file, if it cannot be read or has no two lines. */
bool lines_of_file(const char *path, Lines *train, Lines *held_out, Error *e);
void lines_free(Lines *l);

typedef struct Texts {
    int *ids;      /* the texts one after another */
    size_t *start; /* (count + 1): text i is ids[start[i]] .. ids[start[i + 1] - 1] */
    int count;
} Texts;

/* Encodes lines, of at most `context` tokens each, marks included. False and *e if the tokenizer has no
 * [CLS] or [SEP], or cannot encode a line. texts_free frees it. */
bool texts_encode(const Lines *l, const Tokenizer *t, int context, Texts *out, Error *e);
void texts_free(Texts *t);

int texts_length(const Texts *t, int i);

#endif
