/* comment_end_crlf.c [ch03/ex3_attention_backward] [not allowed] -- the end of a comment over two lines of DOS *\
/
#include <ch03/exercises/solutions/ex3_attention_backward.c>
/* so that it is a comment to who does not join lines */
