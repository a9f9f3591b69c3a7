/* cuda.c -- libraries that are opened when the program runs. */
#include "common/base/cuda.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

void *cuda_library(const char *const *names)
{
    void *library = NULL;
    for (int i = 0; names[i] && !library; i++)
        library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
    return library;
}

/* ISO C knows no cast between pointers to data and to functions, and copies the bits. */
bool cuda_find(void *library, const char *name, void *function)
{
    void *address = dlsym(library, name);
    memcpy(function, &address, sizeof address);
    return address;
}

static bool find_all(Cuda *c, void *library)
{
    return cuda_find(library, "cuInit", &c->init) &&
           cuda_find(library, "cuDriverGetVersion", &c->driver_version) &&
           cuda_find(library, "cuDeviceGetCount", &c->count) &&
           cuda_find(library, "cuDeviceGet", &c->device) &&
           cuda_find(library, "cuDeviceGetName", &c->name) &&
           cuda_find(library, "cuDeviceTotalMem_v2", &c->memory) &&
           cuda_find(library, "cuDevicePrimaryCtxRetain", &c->retain) &&
           cuda_find(library, "cuDevicePrimaryCtxRelease_v2", &c->release) &&
           cuda_find(library, "cuCtxSetCurrent", &c->use) &&
           cuda_find(library, "cuMemAlloc_v2", &c->alloc) && cuda_find(library, "cuMemFree_v2", &c->free) &&
           cuda_find(library, "cuMemsetD32_v2", &c->fill) &&
           cuda_find(library, "cuMemcpyDtoD_v2", &c->copy) &&
           cuda_find(library, "cuCtxSynchronize", &c->wait);
}

bool cuda_open(Cuda *c, int *cards, char *why, size_t room)
{
    static const char *const names[] = {"libcuda.so.1", "libcuda.so", NULL};
    void *library = cuda_library(names);
    if (!library) {
        snprintf(why, room, "no driver (libcuda.so.1 is not there)");
        return false;
    }
    if (!find_all(c, library)) {
        snprintf(why, room, "libcuda.so.1 lacks functions that every driver since CUDA 7 has");
        return false;
    }
    int failed = c->init(0);
    if (failed == 0)
        failed = c->count(cards);
    if (failed != 0)
        snprintf(why, room, "driver found, but no card answers (cuInit: error %d)", failed);
    return failed == 0;
}

bool cublas_open(Cublas *b)
{
    static const char *const names[] = {"libcublas.so.13", "libcublas.so.12", "libcublas.so.11",
                                        "libcublas.so", NULL};
    void *library = cuda_library(names);
    if (!library)
        return false;
    cuda_find(library, "cublasGemmEx", &b->gemm);
    return cuda_find(library, "cublasCreate_v2", &b->create) &&
           cuda_find(library, "cublasDestroy_v2", &b->destroy) &&
           cuda_find(library, "cublasSgemm_v2", &b->sgemm);
}
