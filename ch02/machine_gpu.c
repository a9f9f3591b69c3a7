/* machine_gpu.c -- graphics cards, asked through their drivers if there are any.
 *
 * No header and no library of theirs is needed to build (common/base/cuda.h); the few types that they take are written
 * as their documentation has them (HIP; Vulkan 1.0). */
#include "ch02/machine.h"
#include "common/base/clock.h"
#include "common/base/cuda.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* ---- NVIDIA -------------------------------------------------------------------------------------------- */

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
    Cuda c;
    Cublas b;
    int version = 0, count = 0, found = 0;
    *driver = 0;
    if (!cuda_open(&c, &count, why, MACHINE_TEXT))
        return 0;
    if (c.driver_version(&version) == 0)
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
    void *library = cuda_library(names);
    int (*count_of)(int *count), (*name_of)(char *name, int room, int device),
        (*memory_of)(size_t * bytes, int device);
    int count = 0, found = 0;
    snprintf(why, MACHINE_TEXT, "no ROCm (libamdhip64.so is not there)");
    if (!library || !cuda_find(library, "hipGetDeviceCount", &count_of) ||
        !cuda_find(library, "hipDeviceGetName", &name_of) ||
        !cuda_find(library, "hipDeviceTotalMem", &memory_of))
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
    void *library = cuda_library(names), *instance, *cards[CARDS];
    int (*create)(const VulkanCreate *how, const void *allocator, void **instance);
    int (*list)(void *instance, unsigned *count, void **cards);
    void (*properties)(void *card, VulkanProperties *p), (*destroy)(void *instance, const void *allocator);
    const VulkanCreate how = {.type = 1};
    unsigned count = CARDS;
    int found = 0;
    snprintf(why, MACHINE_TEXT, "no Vulkan (libvulkan.so.1 is not there)");
    if (!library || !cuda_find(library, "vkCreateInstance", &create) ||
        !cuda_find(library, "vkEnumeratePhysicalDevices", &list) ||
        !cuda_find(library, "vkGetPhysicalDeviceProperties", &properties) ||
        !cuda_find(library, "vkDestroyInstance", &destroy))
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
