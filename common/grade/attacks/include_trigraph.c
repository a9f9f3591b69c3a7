/* include_trigraph.c [not allowed] -- the same with a # that does not look like one */
??=include "ch03/exercises/solutions/ex1_scaled_softmax.c"
