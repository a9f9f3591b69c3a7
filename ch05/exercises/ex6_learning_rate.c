/* ex6_learning_rate.c -- exercise 6 of chapter 5, section 5.3.3.
 *
 * The learning rate at a step; the first step is 0. CONSTANT, LINEAR and COSINE rise over `warmup` steps:
 *
 *     step < warmup     max (step + 1) / (warmup + 1)
 *
 * From step = warmup on, CONSTANT is max. The two others fall from max to min; with
 * share = (step - warmup) / (steps - warmup), and share = 1 for every step from `steps` on,
 *
 *     LINEAR            min + (max - min) (1 - share)
 *     COSINE            min + (max - min) (1 + cos(pi share)) / 2
 *
 * INVERSE_ROOT has a rise of its own. With t = step + 1, and w = warmup, but at least 1,
 *
 *     t < w             max t / w
 *     else              max sqrt(w / t)
 *
 * A warm-up may be longer than the training: it is followed first. These are nn_constant_rate,
 * nn_linear_rate, nn_cosine_rate and nn_inverse_root_rate of common/nn/optim.h, which
 * lr_schedule_demo compares.
 *
 * 某一步的学习率，第一步是 0。CONSTANT、LINEAR、COSINE 先用 warmup 步升上去：step < warmup 时是
 * max (step + 1) / (warmup + 1)。从 step = warmup 起，CONSTANT 一直是 max，另外两个从 max 降到 min：
 * share = (step - warmup) / (steps - warmup)，从第 steps 步起 share 都是 1，公式如上。
 * INVERSE_ROOT 的升法不同：t = step + 1，w = warmup（至少算 1），t < w 时是 max t / w，
 * 否则是 max sqrt(w / t)。预热可能比训练还长，这时先照预热走。它们就是 common/nn/optim.h 里的
 * 四个 nn_..._rate，lr_schedule_demo 比较的就是这四个。
 *
 * Allowed: C's mathematics, memory, strings, printing; nothing of common.
 * 可用：C 标准库的数学、内存、字符串、打印函数；不用 common。
 *
 * Check it with: make ex EX=ch05/ex6      A hint: make hint EX=ch05/ex6 */
#include "ch05/exercises/exercises.h"

#include <math.h>

float learning_rate(Schedule schedule, int step, int warmup, int steps, float max, float min)
{
    /* TODO */
    return 0;
}
