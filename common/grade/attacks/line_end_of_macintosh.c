/* line_end_of_macintosh.c [ch03/ex3_attention_backward] [not allowed] -- a comment that a lone carriage return ends, for some */
// #include <ch03/exercises/solutions/ex3_attention_backward.c>
