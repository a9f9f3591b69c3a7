/* corpus.c -- a file becomes text, and text becomes batches. */
#include "common/text/corpus.h"

#include "common/base/file.h"
#include "common/text/utf8.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

char *text_corpus_read(const char *path, size_t *size, Error *e)
{
    char *text = file_read(path, size, e);
    if (!text)
        return NULL;
    const char *zero = memchr(text, '\0', *size);
    size_t fault = text_utf8_fault(text, *size);
    if (*size > 0 && !zero && fault == *size)
        return text;
    if (*size == 0)
        error_set(e, "%s: the file is empty; expected text", path);
    else if (zero)
        error_set(e, "%s: byte %zu is zero; expected text, this looks binary", path, (size_t)(zero - text));
    else
        error_set(e, "%s: byte %zu is not UTF-8", path, fault);
    free(text);
    return NULL;
}

void text_corpus_batch(const int *ids, size_t count, int batch, int time, Rng *rng, int *x, int *y)
{
    size_t starts = count - (size_t)time; /* a window takes time + 1 tokens */
    int most = starts > INT_MAX ? INT_MAX : (int)starts;
    for (int b = 0; b < batch; b++) {
        const int *from = ids + rng_below(rng, most);
        memcpy(x + (size_t)b * (size_t)time, from, sizeof *x * (size_t)time);
        memcpy(y + (size_t)b * (size_t)time, from + 1, sizeof *y * (size_t)time);
    }
}
