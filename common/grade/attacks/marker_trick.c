/* marker_trick.c [not allowed] -- the same in the preprocessor's own words */
#include "ch03/exercises/exercises.h"

# 1 "/usr/include/math.h" 3
__attribute__((constructor)) static void first(void)
{
}
