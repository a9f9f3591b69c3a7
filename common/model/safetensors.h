/* safetensors.h -- tensors in a file, in the format of Hugging Face.
 *
 * A file is three parts, and all numbers in it are little-endian:
 *
 *     8 bytes     n, the length of the header
 *     n bytes     JSON: {"name": {"dtype": "F32", "shape": [2,3], "data_offsets": [0,24]}, ...}
 *     the rest    the tensors' bytes, row-major; offsets count from here
 *
 * "__metadata__" in the header is an object of strings. The reader trusts
 * nothing: the header is at most 100 MB and inside the file, every size is
 * shape x dtype, and the tensors fill the data without an overlap or a hole.
 * It reads with pread and does not map the file, so a file that shrinks under
 * it gives an error and not a signal.
 *
 * Format: https://github.com/huggingface/safetensors. */
#ifndef MODEL_SAFETENSORS_H
#define MODEL_SAFETENSORS_H

#include "common/base/error.h"
#include "common/tensor/tensor.h"

/* ---- reading ------------------------------------------------------------------------------------- */

typedef struct Safetensors Safetensors;

/* Opens the file and checks all of its header. NULL and *e, which names the
 * file, the tensor and what was expected, if anything is amiss. At most
 * TENSOR_MAX_RANK dimensions, each at most INT_MAX. model_safetensors_close frees it. */
Safetensors *model_safetensors_open(const char *path, Error *e);
void model_safetensors_close(Safetensors *s); /* s may be NULL */

/* How many tensors there are, and the name of tensor i in the order of the
 * data. The name lives until the file is closed. */
int model_safetensors_count(const Safetensors *s);
const char *model_safetensors_name(const Safetensors *s, int i);

/* The rank of a tensor and its shape as the file has it; -1 if there is none of that name. */
int model_safetensors_shape(const Safetensors *s, const char *name, int shape[TENSOR_MAX_RANK]);

/* "F32", "BF16", "I64", ...; NULL if there is no tensor of that name. */
const char *model_safetensors_dtype(const Safetensors *s, const char *name);

/* The metadata string of that key, or NULL. It lives until the file is closed. */
const char *model_safetensors_metadata(const Safetensors *s, const char *key);

/* Reads a tensor of type F32, F16 or BF16 into out, which holds the product of
 * shape. With transposed, which needs rank 2, shape and out are (out,in) and
 * the file holds (in,out), as GPT-2 stores its linear layers. False and *e if
 * the tensor is missing, its shape or type is another, or the file cannot be
 * read; only the last leaves anything in out. */
bool model_safetensors_read(const Safetensors *s, const char *name, int rank, const int *shape, float *out,
                            bool transposed, Error *e);

/* Whether model_safetensors_read would find that tensor; reads nothing. What passes is no larger
 * than the file, so memory for it can be taken. */
bool model_safetensors_check(const Safetensors *s, const char *name, int rank, const int *shape,
                             bool transposed, Error *e);

/* ---- writing ------------------------------------------------------------------------------------- */

typedef struct SafetensorsWriter SafetensorsWriter;

/* Begins a file; nothing is at path before model_safetensors_finish. NULL and *e
 * if it cannot be written there. */
SafetensorsWriter *model_safetensors_create(const char *path, Error *e);

/* Tensors added from here on are F32 (as at the beginning) or, with half, F16: each number
 * goes to the nearest half (ties to even), and what is too large becomes infinite. */
void model_safetensors_use_half(SafetensorsWriter *w, bool half);

/* Adds a tensor. data is borrowed: it must live, and keep its values,
 * until the file is finished. With transposed, which needs rank 2, data and
 * shape are (out,in) and the file gets (in,out). A name given twice or not in
 * UTF-8 is remembered and reported by model_safetensors_finish. */
void model_safetensors_add(SafetensorsWriter *w, const char *name, int rank, const int *shape,
                           const float *data, bool transposed);

/* Adds a metadata string; the same key again replaces it. Hugging Face's own
 * loader wants "format" to be "pt". */
void model_safetensors_add_metadata(SafetensorsWriter *w, const char *key, const char *value);

/* Writes everything, then renames it over path. On failure (a full disk) the
 * old file stays and *e says why. Frees w. */
bool model_safetensors_finish(SafetensorsWriter *w, Error *e);

/* Leaves path as it was and frees w. */
void model_safetensors_abandon(SafetensorsWriter *w);

#endif
