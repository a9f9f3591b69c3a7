/* include_split.c [not allowed] -- the same over two lines */
#inc\
lude "ch03/exercises/solutions/ex1_scaled_softmax.c"
