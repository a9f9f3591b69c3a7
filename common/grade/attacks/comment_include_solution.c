/* comment_include_solution.c [ch03/ex3_attention_backward] [not allowed] *\
/
#line 1 "/usr/include/math.h"
#include <ch03/exercises/solutions/ex3_attention_backward.c>
/* -- minimal form: the solution itself is compiled, in the lowest tier (Gradescope) */
