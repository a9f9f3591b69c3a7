/* object.c -- the section table and the symbol table of an ELF file, read with every index checked. */
#include "common/grade/object.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Of the ELF specification (TIS, 1995; 64-bit extension): sizes, offsets, and what numbers mean. */
enum { HEADER = 64, SECTION = 64, SYMBOL = 24, TYPE_OBJECT = 1 };
enum { SECTION_SYMBOLS = 2 };
enum { LOCAL = 0, GLOBAL = 1, KIND_FUNCTION = 2, KIND_CHOSEN_AT_RUN_TIME = 10 };
enum { UNDEFINED = 0, ABSOLUTE = 0xfff1, COMMON = 0xfff2 };

/* What a C function may call: mathematics, memory, strings, printing, sorting, OpenMP. */
static const char ALLOWED[] =
    " expf exp exp2f exp2 expm1f expm1 logf log log2f log2 log10f log10 log1pf log1p powf pow sqrtf sqrt "
    "cbrtf "
    "cbrt sinf sin cosf cos sincosf sincos tanf tan asinf asin acosf acos atanf atan atan2f atan2 sinhf "
    "sinh coshf "
    "cosh tanhf tanh asinhf acoshf atanhf erff erf erfcf erfc tgammaf lgammaf fabsf fabs fmaxf fmax fminf "
    "fmin "
    "floorf floor ceilf ceil roundf round truncf trunc rintf rint lrintf lrint lroundf lround nearbyintf "
    "nearbyint "
    "fmodf fmod remainderf hypotf hypot ldexpf ldexp frexpf frexp modff modf copysignf copysign fmaf fma "
    "nanf nan "
    "malloc calloc realloc free abs labs qsort bsearch memcpy memmove memset memcmp memchr strlen strnlen "
    "strcmp "
    "strncmp strcpy strncpy strcat strncat strchr strrchr strstr strspn strcspn strtol strtoul strtod "
    "strtof atoi "
    "atof isalpha isdigit isalnum isspace isupper islower ispunct toupper tolower __ctype_b_loc "
    "__ctype_tolower_loc "
    "__ctype_toupper_loc printf puts putchar fprintf fputs fputc fwrite snprintf sprintf stdout stderr "
    "fflush "
    "__assert_fail __errno_location fatal_at _GLOBAL_OFFSET_TABLE_ __stack_chk_fail "
    "GOMP_parallel GOMP_barrier GOMP_critical_start GOMP_critical_end GOMP_atomic_start GOMP_atomic_end "
    "omp_get_num_threads omp_get_thread_num omp_get_max_threads __kmpc_fork_call __kmpc_for_static_init_4 "
    "__kmpc_for_static_init_8 __kmpc_for_static_fini __kmpc_global_thread_num __kmpc_barrier __kmpc_reduce "
    "__kmpc_reduce_nowait __kmpc_end_reduce __kmpc_end_reduce_nowait ";

static const char *const SECTIONS[] = {
    ".text",   ".rodata",   ".data",  ".bss",  ".comment", ".note",         ".eh_frame", ".symtab",
    ".strtab", ".shstrtab", ".debug", ".tbss", ".tdata",   ".llvm_addrsig", ".group",    NULL};

typedef struct Object {
    const unsigned char *bytes;
    size_t size;
    Error *e;
} Object;

/* A number of `width` bytes at an offset; 0 beyond the end, which no check below takes for good. */
static uint64_t number(const Object *o, uint64_t at, int width)
{
    uint64_t value = 0;
    if (at > o->size || (uint64_t)width > o->size - at)
        return 0;
    for (int i = 0; i < width; i++)
        value |= (uint64_t)o->bytes[at + (uint64_t)i] << 8 * i;
    return value;
}

/* A string of the table in a section, or NULL when it does not end inside. */
static const char *string(const Object *o, uint64_t section, uint64_t offset)
{
    uint64_t begin = number(o, section + 24, 8), length = number(o, section + 32, 8);
    if (begin > o->size || length > o->size - begin || offset >= length ||
        !memchr(o->bytes + begin + offset, '\0', length - offset))
        return NULL;
    return (const char *)o->bytes + begin + offset;
}

/* ---- names ------------------------------------------------------------------------------------------ */

static bool matches(const char *pattern, size_t length, const char *name)
{
    if (length && pattern[length - 1] == '*')
        return strncmp(pattern, name, length - 1) == 0;
    return strlen(name) == length && strncmp(pattern, name, length) == 0;
}

/* Whether `uses` has a pattern that fits, with `sign` before it or, for 0, none. */
static bool is_listed(const char *uses, char sign, const char *name)
{
    for (const char *p = uses + strspn(uses, " "); *p; p += strspn(p, " ")) {
        size_t length = strcspn(p, " ");
        bool minus = p[0] == '-';
        if (minus == (sign == '-') && matches(p + minus, length - minus, name))
            return true;
        p += length;
    }
    return false;
}

static bool may_call(const char *name, const char *uses)
{
    char spaced[96];
    if (is_listed(uses, '-', name))
        return false;
    if (is_listed(uses, 0, name))
        return true;
    int length = snprintf(spaced, sizeof spaced, " %s ", name);
    return length < (int)sizeof spaced && !strchr(name, ' ') && strstr(ALLOWED, spaced) != NULL;
}

/* ---- the two tables --------------------------------------------------------------------------------- */

static bool starts_with(const char *name, const char *start)
{
    size_t n = strlen(start);
    return strncmp(name, start, n) == 0 && (name[n] == '\0' || name[n] == '.' || name[n] == '_');
}

static bool section_is_plain(const char *name)
{
    if (strncmp(name, ".rela.", 6) == 0)
        name += 5;
    for (int i = 0; SECTIONS[i]; i++) {
        if (starts_with(name, SECTIONS[i]))
            return true;
    }
    return name[0] == '\0';
}

static bool check_symbol(const Object *o, uint64_t at, const char *name, const char *function,
                         const char *uses, bool *found)
{
    int info = (int)number(o, at + 4, 1), binding = info >> 4, kind = info & 15;
    uint64_t where = number(o, at + 6, 2);
    if (kind == KIND_CHOSEN_AT_RUN_TIME)
        return error_set(o->e, "%s is chosen at run time (ifunc)", name);
    if (binding == LOCAL)
        return true;
    if (binding != GLOBAL)
        return error_set(o->e, "%s is a weak symbol", name);
    if (where == COMMON)
        return error_set(o->e, "%s is a common symbol; make it static", name);
    if (where == UNDEFINED)
        return may_call(name, uses) || error_set(o->e, "this exercise may not call %s", name);
    if (strcmp(name, function) != 0)
        return error_set(o->e, "make %s static: only %s may be seen outside of the file", name, function);
    *found = kind == KIND_FUNCTION && where != ABSOLUTE;
    return *found || error_set(o->e, "%s is not a function", name);
}

static bool check_symbols(const Object *o, uint64_t section, uint64_t names, const char *function,
                          const char *uses)
{
    uint64_t begin = number(o, section + 24, 8), length = number(o, section + 32, 8);
    bool found = false;
    if (begin > o->size || length > o->size - begin)
        return error_set(o->e, "the object file is damaged");
    for (uint64_t at = begin + SYMBOL; at + SYMBOL <= begin + length; at += SYMBOL) {
        const char *name = string(o, names, number(o, at, 4));
        if (!name)
            return error_set(o->e, "the object file is damaged");
        if (!check_symbol(o, at, name, function, uses, &found))
            return false;
    }
    return found || error_set(o->e, "the function %s is missing", function);
}

bool object_check(const unsigned char *bytes, size_t size, const char *function, const char *uses, Error *e)
{
    const Object o = {bytes, size, e};
    static const unsigned char magic[] = {0x7f, 'E', 'L', 'F', 2, 1};
    if (size < HEADER || memcmp(bytes, magic, sizeof magic) != 0 || number(&o, 16, 2) != TYPE_OBJECT)
        return error_set(e, "the compiler did not make an ELF object");
    uint64_t table = number(&o, 40, 8), count = number(&o, 60, 2), names = number(&o, 62, 2), symbols = 0;
    if (table > size || count == 0 || count * SECTION > size - table || names >= count)
        return error_set(e, "the object file is damaged");
    for (uint64_t i = 0; i < count; i++) {
        uint64_t section = table + i * SECTION, type = number(&o, section + 4, 4);
        const char *name = string(&o, table + names * SECTION, number(&o, section, 4));
        if (!name || !section_is_plain(name))
            return error_set(e, "the section %s is not allowed", name ? name : "without a name");
        if (type == SECTION_SYMBOLS && symbols)
            return error_set(e, "the object file has two symbol tables");
        if (type == SECTION_SYMBOLS)
            symbols = section;
    }
    if (!symbols || number(&o, symbols + 40, 4) >= count)
        return error_set(e, "the object file has no symbol table");
    return check_symbols(&o, symbols, table + number(&o, symbols + 40, 4) * SECTION, function, uses);
}
