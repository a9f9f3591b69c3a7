/* include_absolute.c [ch03/ex3_attention_backward] [not allowed] -- the solution by its whole path, where the checkout lies */
#include "@ROOT@/ch03/exercises/solutions/ex3_attention_backward.c"
