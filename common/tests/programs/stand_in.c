/* stand_in.c -- drivers of graphics cards that a test makes. */
#include "common/tests/programs/stand_in.h"

#include <check.h>
#include <stdio.h>

const char *const stand_in_cuda =
    "#include <stddef.h>\n#include <stdint.h>\n#include <stdlib.h>\n#include <stdio.h>\n#include <time.h>\n"
    "int cuInit(unsigned f) { (void)f; return FAIL; }\n"
    "int cuDriverGetVersion(int *v) { *v = 12040; return 0; }\n"
    "int cuDeviceGetCount(int *n) { *n = 2; return 0; }\n"
    "int cuDeviceGet(int *d, int i) { *d = 7 + i; return 0; }\n"
    "int cuDeviceGetName(char *s, int n, int d) { snprintf(s, n, \"Card %d\", d); return 0; }\n"
    "int cuDeviceTotalMem_v2(size_t *b, int d) { *b = (size_t)(d == 7 ? 80 : 24) << 30; return 0; }\n"
    "int cuDevicePrimaryCtxRetain(void **c, int d) { *c = &cuInit; return d == 7 ? 0 : 2; }\n"
    "int cuDevicePrimaryCtxRelease_v2(int d) { return d == 7 ? 0 : 1; }\n"
    "int cuCtxSetCurrent(void *c) { return c ? 0 : 1; }\n"
    "int cuMemAlloc_v2(uint64_t *a, size_t n) { *a = 4096; return n == 4096ul * 4096 * 4 || n == 512ul << "
    "20 ? 0 : 2; }\n"
    "int cuMemFree_v2(uint64_t a) { return a == 4096 ? 0 : 1; }\n"
    "int cuMemsetD32_v2(uint64_t a, unsigned v, size_t n) { return a && (v == 0x3f800000 || v == "
    "0x3f803f80) && n ? 0 : 1; }\n"
    "int cuMemcpyDtoD_v2(uint64_t to, uint64_t from, size_t n) {\n"
    "    nanosleep(&(struct timespec){0, 20000000}, 0);\n"
    "    return !to || !from || n != 512ul << 20; }\n"
    "int cuCtxSynchronize(void) { return 0; }\n";

const char *const stand_in_cublas =
    "#include <stdint.h>\n#include <time.h>\n"
    "static int handle;\n"
    "int cublasCreate_v2(void **h) { *h = &handle; return 0; }\n"
    "int cublasDestroy_v2(void *h) { return h != &handle; }\n"
    "int cublasSgemm_v2(void *h, int ta, int tb, int m, int n, int k, const "
    "float *x, uint64_t a, int la, uint64_t b,\n"
    "                   int lb, const float *y, uint64_t c, int lc) {\n"
    "    nanosleep(&(struct timespec){0, 20000000}, 0);\n"
    "    return h != &handle || ta || tb || m != 4096 || n != m || k != m || "
    "*x != 1 || *y != 0 || !a || !b || !c ||\n"
    "           la != m || lb != m || lc != m;\n}\n"
    "int cublasGemmEx(void *h, int ta, int tb, int m, int n, int k, const void *x, uint64_t a, int fa, int "
    "la,\n"
    "                 uint64_t b, int fb, int lb, const void *y, uint64_t c, int fc, int lc, int sum, int "
    "way) {\n"
    "    nanosleep(&(struct timespec){0, 20000000}, 0);\n"
    "    return h != &handle || ta || tb || m != 8192 || n != m || k != m || *(const float *)x != 1 ||\n"
    "           *(const float *)y != 0 || !a || !b || !c || fa != 14 || fb != 14 || fc != 14 || la != m "
    "||\n"
    "           lb != m || lc != m || sum != 68 || way != -1;\n}\n";

void stand_in_make(const char *name, const char *source, const char *defines)
{
    char command[512];
    snprintf(command, sizeof command, "cc -shared -fPIC -x c %s -o \"$D/%s\" -", defines, name);
    FILE *p = popen(command, "w");
    ck_assert_ptr_nonnull(p);
    fputs(source, p);
    ck_assert_msg(pclose(p) == 0, "%s", command);
}
