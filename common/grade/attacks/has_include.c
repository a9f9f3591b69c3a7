/* has_include.c [not allowed] -- asks the compiler which files there are, and tells by its warnings */
#if __has_include("@ROOT@/ch03/exercises/check_ch03_hidden.c")
#error "it is here"
#endif
