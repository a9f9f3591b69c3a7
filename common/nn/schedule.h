/* schedule.h -- the learning rate over a training run, section 5.3.3. Steps count from 0. */
#ifndef NN_SCHEDULE_H
#define NN_SCHEDULE_H

/* How the learning rate continues after the warm-up. */
typedef enum NnSchedule {
    NN_COSINE,
    NN_LINEAR,
    NN_CONSTANT,
    NN_INVERSE_ROOT,
    NN_STABLE_DECAY,
    NN_SCHEDULES
} NnSchedule;

/* Their names on the command line, NULL after the last: cosine, linear, constant, inverse-root, stable-decay. */
extern const char *const nn_schedule_names[NN_SCHEDULES + 1];

/* Rises linearly over `warmup` steps to max, then falls along half a cosine to min at `steps`.
 * Loshchilov and Hutter, 2017. */
float nn_cosine_rate(long step, long warmup, long steps, float max, float min);

/* The same rise, then a straight line from max to min at `steps`: Devlin et al., BERT, 2019. */
float nn_linear_rate(long step, long warmup, long steps, float max, float min);

/* The same rise, then max. */
float nn_constant_rate(long step, long warmup, float max);

/* max * min((step+1)/warmup, sqrt(warmup/(step+1))): the schedule of Vaswani et al., 2017. */
float nn_inverse_root_rate(long step, long warmup, float max);

/* The same rise as for cosine, then max, and over the last `decay` steps a straight line to min: warm-up,
 * stable, decay. A run can be prolonged from before its fall. Hu et al., MiniCPM, 2024. */
float nn_stable_decay_rate(long step, long warmup, long decay, long steps, float max, float min);

#endif
