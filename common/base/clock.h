/* clock.h -- what a piece of work cost: time, memory, page faults. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

double clock_seconds(void); /* seconds since some fixed moment; never runs backwards */
double
clock_busy(void); /* seconds that the processors have worked for this process, its threads together */
double clock_peak_mb(void);   /* maximum memory that this process has held, in MB (2^20 bytes) */
long clock_page_faults(void); /* page faults so far, from getrusage */

#endif
