/* line_trick.c [not allowed] -- says that its lines come from a header of the system */
#include "ch03/exercises/exercises.h"

#line 1 "/usr/include/math.h"
__attribute__((constructor)) static void first(void)
{
}
