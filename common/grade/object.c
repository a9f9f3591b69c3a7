/* object.c -- the section table and the symbol table of an ELF file, read with every index checked. */
#include "common/grade/object.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Of the ELF specification (TIS, 1995; 64-bit extension): sizes, offsets, and what numbers mean. */
enum { HEADER = 64, SECTION = 64, SYMBOL = 24, TYPE_OBJECT = 1, TYPE_PROGRAM = 2, TYPE_SHARED = 3 };
enum { SECTION_SYMBOLS = 2, IN_MEMORY = 2, EXECUTABLE = 4, MOST_MEMORY = 64 << 20 };
enum { LOCAL = 0, GLOBAL = 1, KIND_FUNCTION = 2, KIND_CHOSEN_AT_RUN_TIME = 10 };
enum { UNDEFINED = 0, ABSOLUTE = 0xfff1, COMMON = 0xfff2 };

/* What a C function may call: memory, strings, printing, sorting, OpenMP, and what compilers and the C library's
 * headers make of these. Patterns and exceptions, as in `uses`. */
static const char ALLOWED[] =
    "malloc calloc realloc free abs labs llabs div ldiv qsort bsearch memcpy memmove memset memcmp memchr "
    "bcmp "
    "strlen strnlen strcmp strncmp strcasecmp strncasecmp strcpy strncpy strcat strncat strchr strrchr "
    "strstr "
    "strspn strcspn strpbrk strtok strtok_r strdup strndup strtol strtoul strtoll strtoull strtod strtof "
    "strtold "
    "atoi atol atoll atof sscanf rand srand rand_r "
    "isalpha isdigit isalnum isspace isblank isupper islower ispunct isprint isgraph iscntrl isxdigit "
    "toupper "
    "tolower __ctype_b_loc __ctype_tolower_loc __ctype_toupper_loc __ctype_get_mb_cur_max "
    "printf puts putchar putc fprintf fputs fputc fwrite vprintf vfprintf snprintf sprintf vsnprintf "
    "vsprintf "
    "perror stdout stderr fflush "
    "__isnan __isnanf __isinf __isinff __finite __finitef __fpclassify __fpclassifyf __signbit __signbitf "
    "isnan "
    "isnanf isinf isinff finite finitef __mulsc3 __muldc3 __divsc3 __divdc3 "
    "__assert_fail __errno_location fatal_at _GLOBAL_OFFSET_TABLE_ __stack_chk_fail "
    "GOMP_* -GOMP_target* -GOMP_offload* omp_* -omp_target* __kmpc_* -__kmpc_omp_target*";

/* And mathematics, each for double, float (f) and long double (l). */
static const char MATHEMATICS[] = "acos acosh asin asinh atan atan2 atanh cbrt ceil copysign cos cosh erf "
                                  "erfc exp exp10 exp2 expm1 fabs fdim "
                                  "floor fma fmax fmin fmod frexp hypot ilogb ldexp lgamma llrint llround "
                                  "log log10 log1p log2 logb lrint "
                                  "lround modf nan nearbyint nextafter pow remainder remquo rint round "
                                  "scalbln scalbn sin sincos sinh sqrt tan "
                                  "tanh tgamma trunc cabs carg cexp cimag clog conj cpow creal csqrt";

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

/* The name as it is written in C: printf for __printf_chk (_FORTIFY_SOURCE), strtol for __isoc23_strtol. */
static void plain_name(const char *name, char plain[96])
{
    size_t n = strlen(name);
    if (strncmp(name, "__", 2) == 0 && n > 6 && strcmp(name + n - 4, "_chk") == 0)
        snprintf(plain, 96, "%.*s", (int)(n - 6), name + 2);
    else if (strncmp(name, "__isoc", 6) == 0 && n > 9 && name[8] == '_')
        snprintf(plain, 96, "%s", name + 9);
    else
        snprintf(plain, 96, "%s", name);
}

static bool is_mathematics(const char *name)
{
    char base[96];
    size_t n = strlen(name);
    if (is_listed(MATHEMATICS, 0, name))
        return true;
    snprintf(base, sizeof base, "%s", name);
    if (n < 2 || n >= sizeof base || (base[n - 1] != 'f' && base[n - 1] != 'l'))
        return false;
    base[n - 1] = '\0';
    return is_listed(MATHEMATICS, 0, base);
}

static bool may_call(const char *name, const char *uses)
{
    char plain[96];
    plain_name(name, plain);
    if (is_listed(uses, '-', name) || is_listed(uses, '-', plain))
        return false;
    if (is_listed(uses, 0, name) || is_mathematics(plain))
        return true;
    return is_listed(ALLOWED, 0, plain) && !is_listed(ALLOWED, '-', plain);
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

typedef struct Symbols {
    uint64_t at, end; /* the table */
    uint64_t names;   /* the section with its names */
    uint64_t where;   /* of the latest symbol: its section */
    int binding, kind;
} Symbols;

/* The table of symbols; checks that sections are plain and, together, of a sensible size. */
static bool find_symbols(const Object *o, uint64_t type, bool plain, Symbols *s)
{
    static const unsigned char magic[] = {0x7f, 'E', 'L', 'F', 2, 1};
    if (o->size < HEADER || memcmp(o->bytes, magic, sizeof magic) != 0 || number(o, 16, 2) != type)
        return error_set(o->e, "the compiler did not make an ELF object; exercises are graded on Linux");
    uint64_t table = number(o, 40, 8), count = number(o, 60, 2), names = number(o, 62, 2), symbols = 0,
             memory = 0;
    if (table > o->size || count == 0 || count * SECTION > o->size - table || names >= count)
        return error_set(o->e, "the object file is damaged");
    for (uint64_t i = 0; i < count; i++) {
        uint64_t section = table + i * SECTION, size = number(o, section + 32, 8);
        const char *name = string(o, table + names * SECTION, number(o, section, 4));
        if (plain && (!name || !section_is_plain(name)))
            return error_set(o->e, "the section %s is not allowed", name ? name : "without a name");
        if (plain && strcmp(name, ".note.GNU-stack") == 0 && number(o, section + 8, 8) & EXECUTABLE)
            return error_set(o->e, "the address of a function inside of another is not allowed");
        if (number(o, section + 8, 8) & IN_MEMORY)
            memory = size > MOST_MEMORY ? size : memory + size;
        if (plain && memory > MOST_MEMORY)
            return error_set(o->e, "static arrays of more than %d MB: take memory with malloc",
                             MOST_MEMORY >> 20);
        if (number(o, section + 4, 4) != SECTION_SYMBOLS)
            continue;
        if (symbols)
            return error_set(o->e, "the object file has two symbol tables");
        symbols = section;
    }
    if (!symbols || number(o, symbols + 40, 4) >= count)
        return error_set(o->e, "the object file has no symbol table");
    uint64_t begin = number(o, symbols + 24, 8), length = number(o, symbols + 32, 8);
    if (begin > o->size || length > o->size - begin)
        return error_set(o->e, "the object file is damaged");
    *s = (Symbols){
        .at = begin, .end = begin + length, .names = table + number(o, symbols + 40, 4) * SECTION};
    return true;
}

/* The name of the next symbol, NULL after the last one; "" for one whose name cannot be read. */
static const char *next_symbol(const Object *o, Symbols *s)
{
    s->at += SYMBOL;
    if (s->at + SYMBOL > s->end)
        return NULL;
    int info = (int)number(o, s->at + 4, 1);
    s->binding = info >> 4;
    s->kind = info & 15;
    s->where = number(o, s->at + 6, 2);
    const char *name = string(o, s->names, number(o, s->at, 4));
    return name ? name : "";
}

/* A visible symbol that is not the function itself. */
static bool check_other(const Object *o, const Symbols *s, const char *name, const char *function,
                        const char *uses)
{
    if (strncmp(name, ".gomp_critical_user_", 20) == 0) /* clang's lock of a critical part; no name in C */
        return true;
    if (s->kind == KIND_CHOSEN_AT_RUN_TIME)
        return error_set(o->e, "%s is chosen at run time (ifunc)", name);
    if (s->binding != GLOBAL)
        return error_set(o->e, "%s is a weak symbol", name);
    if (s->where == COMMON)
        return error_set(o->e, "write static in front of %s, a variable of your own", name);
    if (s->where == UNDEFINED)
        return may_call(name, uses) ||
               error_set(o->e, "this exercise may not call %s, and the file itself has no such function",
                         name);
    if (strcmp(name, "main") == 0)
        return error_set(o->e, "take main out: the checks have their own, and call %s", function);
    return error_set(o->e, "write static in front of %s: only %s may be seen outside of the file", name,
                     function);
}

static bool check_symbols(const Object *o, Symbols *s, const char *function, const char *uses)
{
    const Symbols start = *s;
    bool found = false;
    char other[96] = "";
    for (const char *name; (name = next_symbol(o, s));) {
        bool here =
            s->binding == GLOBAL && s->kind == KIND_FUNCTION && s->where != UNDEFINED && s->where != COMMON;
        if (here && s->where != ABSOLUTE && strcmp(name, function) == 0)
            found = true;
        else if (here && strcmp(name, "main") != 0)
            snprintf(other, sizeof other, "%s", name);
    }
    if (!found)
        return error_set(o->e, "the function %s is missing%s%s", function, other[0] ? "; there is " : "",
                         other);
    *s = start;
    for (const char *name; (name = next_symbol(o, s));) {
        bool own = strcmp(name, function) == 0 && s->where != UNDEFINED && s->binding == GLOBAL &&
                   s->kind == KIND_FUNCTION;
        bool local = s->binding == LOCAL && s->kind != KIND_CHOSEN_AT_RUN_TIME;
        if (!name[0] && s->binding != LOCAL)
            return error_set(o->e, "the object file is damaged");
        if (!local && !own && !check_other(o, s, name, function, uses))
            return false;
    }
    return true;
}

bool object_check(const unsigned char *bytes, size_t size, const char *function, const char *uses, Error *e)
{
    const Object o = {bytes, size, e};
    Symbols symbols;
    return find_symbols(&o, TYPE_OBJECT, true, &symbols) && check_symbols(&o, &symbols, function, uses);
}

bool object_check_program(const unsigned char *bytes, size_t size, const char *uses, Error *e)
{
    const Object o = {bytes, size, e};
    Symbols s;
    if (!find_symbols(&o, number(&o, 16, 2) == TYPE_PROGRAM ? TYPE_PROGRAM : TYPE_SHARED, false, &s))
        return false;
    for (const char *name; (name = next_symbol(&o, &s));) {
        char base[96];
        snprintf(base, sizeof base, "%.*s", (int)strcspn(name, "."), name);
        if (s.kind == KIND_FUNCTION && s.where != UNDEFINED && base[0] && is_listed(uses, '-', base))
            return error_set(e, "this exercise may not use %s, and something that it calls does", base);
    }
    return true;
}
