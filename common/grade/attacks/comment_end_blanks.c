/* comment_end_blanks.c [ch03/ex3_attention_backward] [not allowed] -- blanks, form feed and tab behind the backslash *\ 	
/
#include <ch03/exercises/solutions/ex3_attention_backward.c>
/* the end */
