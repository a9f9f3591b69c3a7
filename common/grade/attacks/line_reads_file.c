/* line_reads_file.c [ch03/ex9_masks] [not allowed] -- the first look blinded; #line names a file that the student may not see, and the compiler's message shows lines of it to explain an error (lowest tier) */
#include "ch03/exercises/exercises.h"
static const char *const desync = "a\ 
" "/*";
#line 136 "@ROOT@/ch03/exercises/check_ch03_hidden.c"
int e1 = ;
int e2 = ;
int e3 = ;
int e4 = ;
int e5 = ;
// the end of the comment that only the scanner sees: */
