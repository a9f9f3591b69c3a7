/* machine_gpu.c -- graphics cards, asked through their drivers if there are any.
 *
 * No header and no library of theirs is needed to build: dlopen looks for the driver when the program runs, dlsym for
 * the functions, and the few types that they take are written here as their documentation has them (CUDA driver API,
 * cuBLAS; HIP; Vulkan 1.0). */
#include "ch02/machine.h"
#include "common/base/clock.h"

#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Opens the first library of a list; NULL if none is there. */
static void *open_first(const char *const *names)
{
    void *library = NULL;
    for (int i = 0; names[i] && !library; i++)
        library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
    return library;
}

/* Points *function to the function of that name; false if there is none. ISO C knows no cast between pointers to
 * data and to functions, and copies the bits. */
static bool find(void *library, const char *name, void *function)
{
    void *address = dlsym(library, name);
    memcpy(function, &address, sizeof address);
    return address;
}

/* ---- NVIDIA -------------------------------------------------------------------------------------------- */

typedef struct Cuda {
    int (*init)(unsigned flags);
    int (*driver_version)(int *version);
    int (*count)(int *count);
    int (*device)(int *device, int i);
    int (*name)(char *name, int room, int device);
    int (*memory)(size_t *bytes, int device);
    int (*retain)(void **context, int device);
    int (*release)(int device);
    int (*use)(void *context);
    int (*alloc)(uint64_t *address, size_t bytes);
    int (*free)(uint64_t address);
    int (*fill)(uint64_t address, unsigned value, size_t count);
    int (*wait)(void);
} Cuda;

static bool cuda_open(Cuda *c, void *library)
{
    return find(library, "cuInit", &c->init) && find(library, "cuDriverGetVersion", &c->driver_version) &&
           find(library, "cuDeviceGetCount", &c->count) && find(library, "cuDeviceGet", &c->device) &&
           find(library, "cuDeviceGetName", &c->name) && find(library, "cuDeviceTotalMem_v2", &c->memory) &&
           find(library, "cuDevicePrimaryCtxRetain", &c->retain) &&
           find(library, "cuDevicePrimaryCtxRelease_v2", &c->release) &&
           find(library, "cuCtxSetCurrent", &c->use) && find(library, "cuMemAlloc_v2", &c->alloc) &&
           find(library, "cuMemFree_v2", &c->free) && find(library, "cuMemsetD32_v2", &c->fill) &&
           find(library, "cuCtxSynchronize", &c->wait);
}

typedef struct Cublas {
    int (*create)(void **handle);
    int (*destroy)(void *handle);
    int (*sgemm)(void *handle, int trans_a, int trans_b, int m, int n, int k, const float *alpha,
                 uint64_t a, int lda, uint64_t b, int ldb, const float *beta, uint64_t c, int ldc);
} Cublas;

static bool cublas_open(Cublas *b)
{
    static const char *const names[] = {"libcublas.so.13", "libcublas.so.12", "libcublas.so.11",
                                        "libcublas.so", NULL};
    void *library = open_first(names);
    return library && find(library, "cublasCreate_v2", &b->create) &&
           find(library, "cublasDestroy_v2", &b->destroy) && find(library, "cublasSgemm_v2", &b->sgemm);
}

//> cublas
/* The best of five products of 4096 x 4096 matrices on the current card; 0 where one fails. */
static double cuda_product_gflops(const Cuda *c, const Cublas *b)
{
    enum { N = 4096, FLOAT_ONE = 0x3f800000 };
    const float one = 1, zero = 0;
    uint64_t at[3] = {0};
    void *handle = NULL;
    double best = 0;
    bool ready = b->create(&handle) == 0;
    for (int i = 0; i < 3 && ready; i++)
        ready =
            c->alloc(&at[i], sizeof(float) * N * N) == 0 && c->fill(at[i], FLOAT_ONE, (size_t)N * N) == 0;
    for (int i = 0; i < 6 && ready; i++) {
        double begin = clock_seconds();
        ready = b->sgemm(handle, 0, 0, N, N, N, &one, at[0], N, at[1], N, &zero, at[2], N) == 0 &&
                c->wait() == 0;
        double speed = 2.0 * N * N * N / (clock_seconds() - begin) * 1e-9;
        best = ready && i > 0 && speed > best ? speed : best; /* the first one loads the kernel */
    }
    for (int i = 0; i < 3; i++) {
        if (at[i])
            c->free(at[i]);
    }
    if (handle)
        b->destroy(handle);
    return ready ? best : 0;
}
//< cublas

static bool cuda_look(const Cuda *c, const Cublas *b, int i, MachineGpu *gpu)
{
    int device;
    size_t bytes = 0;
    void *context;
    *gpu = (MachineGpu){.name = ""};
    if (c->device(&device, i) != 0 || c->name(gpu->name, MACHINE_TEXT, device) != 0)
        return false;
    gpu->name[MACHINE_TEXT - 1] = '\0';
    if (c->memory(&bytes, device) == 0)
        gpu->memory_gb = (double)bytes / (1 << 30);
    if (b && c->retain(&context, device) == 0) {
        if (c->use(context) == 0)
            gpu->gflops = cuda_product_gflops(c, b);
        c->release(device);
    }
    return true;
}

int machine_nvidia(MachineGpu *gpus, int room, double *driver, char why[MACHINE_TEXT])
{
    static const char *const names[] = {"libcuda.so.1", "libcuda.so", NULL};
    void *library = open_first(names);
    Cuda c;
    Cublas b;
    int version = 0, count = 0, found = 0, failed;
    *driver = 0;
    snprintf(why, MACHINE_TEXT, "no driver (libcuda.so.1 is not there)");
    if (!library)
        return 0;
    snprintf(why, MACHINE_TEXT, "libcuda.so.1 lacks functions that every driver since CUDA 7 has");
    if (!cuda_open(&c, library))
        return 0;
    snprintf(why, MACHINE_TEXT, "driver found, but no card answers (cuInit: error %d)", failed = c.init(0));
    if (failed != 0 || c.driver_version(&version) != 0 || c.count(&count) != 0)
        return 0;
    *driver = version / 1000 + version % 1000 / 10 / 10.0;
    bool blas = cublas_open(&b);
    for (int i = 0; i < count && found < room; i++)
        found += cuda_look(&c, blas ? &b : NULL, i, &gpus[found]);
    snprintf(why, MACHINE_TEXT, "%s", blas ? "" : "no cuBLAS (libcublas.so): speed not measured");
    return found;
}

/* ---- AMD ----------------------------------------------------------------------------------------------- */

int machine_rocm(MachineGpu *gpus, int room, char why[MACHINE_TEXT])
{
    static const char *const names[] = {"libamdhip64.so.7", "libamdhip64.so.6", "libamdhip64.so.5",
                                        "libamdhip64.so", NULL};
    void *library = open_first(names);
    int (*count_of)(int *count), (*name_of)(char *name, int room, int device),
        (*memory_of)(size_t * bytes, int device);
    int count = 0, found = 0;
    snprintf(why, MACHINE_TEXT, "no ROCm (libamdhip64.so is not there)");
    if (!library || !find(library, "hipGetDeviceCount", &count_of) ||
        !find(library, "hipDeviceGetName", &name_of) || !find(library, "hipDeviceTotalMem", &memory_of))
        return 0;
    snprintf(why, MACHINE_TEXT, "ROCm found, but no card");
    if (count_of(&count) != 0)
        return 0;
    for (int i = 0; i < count && found < room; i++) {
        size_t bytes = 0;
        gpus[found] = (MachineGpu){.name = ""};
        if (name_of(gpus[found].name, MACHINE_TEXT, i) != 0)
            continue;
        if (memory_of(&bytes, i) == 0)
            gpus[found].memory_gb = (double)bytes / (1 << 30);
        found++;
    }
    return found;
}

/* ---- Vulkan -------------------------------------------------------------------------------------------- */

/* VkInstanceCreateInfo with nothing switched on. */
typedef struct VulkanCreate {
    int type; /* 1 */
    const void *next;
    unsigned flags;
    const void *application;
    unsigned layers;
    const char *const *layer_names;
    unsigned extensions;
    const char *const *extension_names;
} VulkanCreate;

/* The beginning of VkPhysicalDeviceProperties; the limits of a card come after it. */
typedef union VulkanProperties {
    struct {
        unsigned api, driver, vendor, device, type;
        char name[256];
    } first;
    char room[4096];
} VulkanProperties;

int machine_vulkan(MachineGpu *gpus, int room, char why[MACHINE_TEXT])
{
    enum {
        CARDS = 16,
        SOFTWARE = 4
    }; /* VK_PHYSICAL_DEVICE_TYPE_CPU: a renderer that only imitates a card */
    static const char *const names[] = {"libvulkan.so.1", "libvulkan.so", NULL};
    void *library = open_first(names), *instance, *cards[CARDS];
    int (*create)(const VulkanCreate *how, const void *allocator, void **instance);
    int (*list)(void *instance, unsigned *count, void **cards);
    void (*properties)(void *card, VulkanProperties *p), (*destroy)(void *instance, const void *allocator);
    const VulkanCreate how = {.type = 1};
    unsigned count = CARDS;
    int found = 0;
    snprintf(why, MACHINE_TEXT, "no Vulkan (libvulkan.so.1 is not there)");
    if (!library || !find(library, "vkCreateInstance", &create) ||
        !find(library, "vkEnumeratePhysicalDevices", &list) ||
        !find(library, "vkGetPhysicalDeviceProperties", &properties) ||
        !find(library, "vkDestroyInstance", &destroy))
        return 0;
    snprintf(why, MACHINE_TEXT, "Vulkan found, but no card");
    if (create(&how, NULL, &instance) != 0)
        return 0;
    if (list(instance, &count, cards) < 0)
        count = 0;
    for (unsigned i = 0; i < count && found < room; i++) {
        VulkanProperties p = {.room = ""};
        properties(cards[i], &p);
        if (p.first.type == SOFTWARE)
            continue;
        gpus[found] = (MachineGpu){.name = ""};
        snprintf(gpus[found++].name, MACHINE_TEXT, "%.255s", p.first.name);
    }
    destroy(instance, NULL);
    return found;
}
