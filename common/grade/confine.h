/* confine.h -- what a worker gives up before the learner's code runs in it. */
#ifndef GRADE_CONFINE_H
#define GRADE_CONFINE_H

/* Root becomes nobody; no process can be made; and (Linux on x86-64 and arm64) a
 * filter ends the process on any system call that computing does not take:
 * files, sockets, processes, signals to others, executable memory. Ends the
 * program when a right cannot be given up. */
void confine(void);

#endif
