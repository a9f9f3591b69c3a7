/* stand_in.h -- drivers of graphics cards that a test makes: libraries with the functions of the real ones and two
 * cards of their own, in a folder that LD_LIBRARY_PATH names. */
#ifndef TESTS_STAND_IN_H
#define TESTS_STAND_IN_H

/* The driver of NVIDIA: -DFAIL=N is what cuInit returns. The first card has 80 GB, the second refuses its context. A
 * copy takes 20 ms. */
extern const char *const stand_in_cuda;

/* cuBLAS: a product takes 20 ms, and fails if it is not of the square matrices that the programs multiply. */
extern const char *const stand_in_cublas;

/* Compiles a library of that name, with -D options in `defines`, into the folder $D. */
void stand_in_make(const char *name, const char *source, const char *defines);

#endif
