/* quote_not_closed.c [not allowed] -- an apostrophe that no other closes, in a part that is skipped */
#include "ch03/exercises/exercises.h"
#if 0
don't /*
#endif
#include <ch03/exercises/solutions/ex1_scaled_softmax.c>
#if 0
*/ don't
#endif
