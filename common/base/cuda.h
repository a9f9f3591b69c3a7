/* cuda.h -- libraries that are opened when the program runs, and NVIDIA's driver and cuBLAS as two of them.
 *
 * Nothing of theirs is needed to build: dlopen looks for a library, dlsym for its functions, and the few types that
 * they take are written here as their documentation has them (CUDA driver API, cuBLAS). Functions return 0 if all is
 * well; an address on the card is a uint64_t. */
#ifndef BASE_CUDA_H
#define BASE_CUDA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Opens the first library of a list that ends with NULL; NULL if none is there. It stays open. */
void *cuda_library(const char *const *names);

/* Points *function, a pointer to a function, to the one of that name; false if there is none. */
bool cuda_find(void *library, const char *name, void *function);

typedef struct Cuda {
    int (*init)(unsigned flags);
    int (*driver_version)(int *version); /* 12040: CUDA 12.4 */
    int (*count)(int *count);
    int (*device)(int *device, int i);
    int (*name)(char *name, int room, int device);
    int (*memory)(size_t *bytes, int device);
    int (*retain)(void **context, int device);
    int (*release)(int device);
    int (*use)(void *context);
    int (*alloc)(uint64_t *address, size_t bytes);
    int (*free)(uint64_t address);
    int (*fill)(uint64_t address, unsigned value, size_t count); /* 32 bits each */
    int (*copy)(uint64_t to, uint64_t from, size_t bytes);       /* on the card */
    int (*wait)(void);                                           /* until everything is done */
} Cuda;

/* The driver, started, with the number of its cards. False, and `why` (room) says it in words, where there is no
 * driver, it is too old, or no card answers. */
bool cuda_open(Cuda *c, int *cards, char *why, size_t room);

/* Numbers that cublasGemmEx calls bfloat16, float32, and float32 sums. */
enum { CUBLAS_BF16 = 14, CUBLAS_F32 = 0, CUBLAS_SUM_F32 = 68, CUBLAS_ANY_WAY = -1 };

typedef struct Cublas {
    int (*create)(void **handle);
    int (*destroy)(void *handle);
    int (*sgemm)(void *handle, int trans_a, int trans_b, int m, int n, int k, const float *alpha,
                 uint64_t a, int lda, uint64_t b, int ldb, const float *beta, uint64_t c, int ldc);
    /* In other formats; NULL in versions that have none. */
    int (*gemm)(void *handle, int trans_a, int trans_b, int m, int n, int k, const void *alpha, uint64_t a,
                int type_a, int lda, uint64_t b, int type_b, int ldb, const void *beta, uint64_t c,
                int type_c, int ldc, int sum_type, int way);
} Cublas;

bool cublas_open(Cublas *b);

#endif
