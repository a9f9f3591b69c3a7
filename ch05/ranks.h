/* ranks.h -- pretrain_gpt on several ranks: who they are and where they run. */
#ifndef CH05_RANKS_H
#define CH05_RANKS_H

#include "common/dist/dist.h"

/* dist_start; from now on what a rank says on standard error begins with its number and its host. */
Dist *ranks_start(int argc, char **argv, int ranks);

/* Lets rank 0 do first what all do, such as read a file that may be bad: what is wrong for all is then said once, and
 * what is wrong on one host by the rank there. Between the two calls a rank may end the program. */
void ranks_after_first_begin(Dist *d);
void ranks_after_first_end(Dist *d);

/* Prints "; 4 ranks", and of more than one host "; 4 ranks: 2 on node1, 1 on node2, 1 on node3". */
void ranks_print(Dist *d);

#endif
