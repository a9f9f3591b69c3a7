/* include_endless.c [not allowed] -- a file without end for the compiler */
#include "/dev/zero"
