/* ex4_lstm_step.c -- exercise 4 of chapter 1, section 1.2.3.
 *
 * One step of an LSTM, and back. a holds what the matrices have made of the input and of the last state: for each of
 * the H units the sums of the input gate (row 0), the forget gate (row 1), the output gate (row 2) and the update
 * (row 3). With s(x) = 1 / (1 + e^-x) and * for each unit alone,
 *
 *     i = s(a[0])   f = s(a[1])   o = s(a[2])   u = tanh(a[3])
 *     c_out = f * c + i * u                 h_out = o * tanh(c_out)
 *
 * Backward: dh is the gradient of the loss with respect to h_out, dc that part of the gradient with respect to c_out
 * that the next step sends back along c. What comes through h_out has to be added to it. Write da, the gradient with
 * respect to a, and dc_before, that with respect to c.
 *
 * LSTM 的一步前向与反向。a 是各矩阵已经算好的和：H 个单元的输入门（第 0 行）、遗忘门（第 1 行）、输出门（第 2 行）、
 * 更新值（第 3 行）。公式如上，* 表示逐单元相乘。反向：dh 是损失对 h_out 的梯度；dc 是下一步沿着 c 传回来的、
 * 对 c_out 的那部分梯度，经过 h_out 传来的部分还要加上去。写出 da（对 a 的梯度）和 dc_before（对 c 的梯度）。
 *
 * Allowed: C's mathematics, memory, strings, printing; nothing of common.
 * 可用：C 标准库的数学、内存、字符串、打印函数；不用 common。
 *
 * Check it with: make ex EX=ch01/ex4      A hint: make hint EX=ch01/ex4 */
#include "ch01/exercises/exercises.h"

#include <math.h>

void lstm_step(const float *a /* (4,H) */, const float *c /* (H) */, const float *dh /* (H) */,
               const float *dc /* (H) */, int H, float *h_out /* (H) */, float *c_out /* (H) */,
               float *da /* (4,H) */, float *dc_before /* (H) */)
{
    for (int j = 0; j < H; j++) {
        float i = 1 / (1 + expf(-a[j])), f = 1 / (1 + expf(-a[H + j]));
        float o = 1 / (1 + expf(-a[2 * H + j])), u = tanhf(a[3 * H + j]);
        c_out[j] = f * c[j] + i * u;
        float t = tanhf(c_out[j]);
        h_out[j] = o * t;
        float d = dh[j] * o * (1 - t * t); /* all that reaches c_out */
        da[j] = d * u * i * (1 - i);
        da[H + j] = d * c[j] * f * (1 - f);
        da[2 * H + j] = dh[j] * t * o * (1 - o);
        da[3 * H + j] = d * i * (1 - u * u);
        dc_before[j] = d * f;
    }
}
