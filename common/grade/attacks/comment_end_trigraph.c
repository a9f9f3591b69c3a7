/* comment_end_trigraph.c [ch03/ex3_attention_backward] [not allowed] -- the backslash is a trigraph *??/
/
#include <ch03/exercises/solutions/ex3_attention_backward.c>
/* the end */
