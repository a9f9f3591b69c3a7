#include <ch03/exercises/solutions/ex3_attention_backward.c>
/* [ch03/ex3_attention_backward] [not allowed] -- bom_include.c: a byte order mark before the directive */
