/* include_by_next.c [not allowed] -- other directives that read files */
#include_next <math.h>
