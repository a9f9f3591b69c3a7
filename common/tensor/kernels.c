/* kernels.c -- matrix products cut into blocks; sums in a fixed order. */
#include "common/tensor/kernels.h"

#include "common/tensor/gemm.h"
#include "common/tensor/vmath.h"

#include <cblas.h>
#include <math.h>

const char *const tensor_precision_names[TENSOR_PRECISIONS + 1] = {"f32", "bf16", NULL};

enum { WIDEST = 512, FEWEST_ROWS = 64, WANTED_BLOCKS = 6 };

/* How an (m,n) product is cut. Depends on the shape only, never on the number
 * of threads, so the sums inside are the same on one core and on sixteen. */
typedef struct Cut {
    int block_rows, block_cols, row_blocks, col_blocks;
} Cut;

static int ceil_div(int a, int b)
{
    return (a + b - 1) / b;
}

static Cut cut_product(int m, int n)
{
    Cut c;
    c.col_blocks = ceil_div(n, WIDEST);
    c.col_blocks +=
        c.col_blocks > 1 && c.col_blocks % 2; /* an even number of equal blocks keeps two cores busy */
    c.block_cols = ceil_div(ceil_div(n, c.col_blocks), 16) * 16;
    c.col_blocks = ceil_div(n, c.block_cols);
    int wanted_rows = ceil_div(m, ceil_div(WANTED_BLOCKS, c.col_blocks));
    c.block_rows = wanted_rows < FEWEST_ROWS ? FEWEST_ROWS : wanted_rows > WIDEST ? WIDEST : wanted_rows;
    c.row_blocks = ceil_div(m, c.block_rows);
    return c;
}

static const float *matrix_at(Matrix a, int row, int col)
{
    return a.transposed ? a.data + (size_t)col * (size_t)a.stride + row
                        : a.data + (size_t)row * (size_t)a.stride + col;
}

void kernel_matmul_serial_in(TensorPrecision precision, int m, int n, int k, float alpha, Matrix a,
                             Matrix b, float beta, float *c, int c_stride)
{
    if (gemm_suits(m, n, k)) {
        gemm_serial(precision, m, n, k, alpha, a, b, beta, c, c_stride);
        return;
    }
    cblas_sgemm(CblasRowMajor, a.transposed ? CblasTrans : CblasNoTrans,
                b.transposed ? CblasTrans : CblasNoTrans, m, n, k, alpha, a.data, a.stride, b.data,
                b.stride, beta, c, c_stride);
}

/* Inside a parallel region OpenBLAS runs on the calling thread alone. */
static void blocked_matmul(int m, int n, int k, float alpha, Matrix a, Matrix b, float beta,
                           const float *bias, float *c, int c_stride)
{
    Cut cut = cut_product(m, n);
    int blocks = cut.row_blocks * cut.col_blocks;
#pragma omp parallel for schedule(dynamic, 1)
    for (int i = 0; i < blocks; i++) {
        int row = i / cut.col_blocks * cut.block_rows, col = i % cut.col_blocks * cut.block_cols;
        int rows = m - row < cut.block_rows ? m - row : cut.block_rows;
        int cols = n - col < cut.block_cols ? n - col : cut.block_cols;
        float *out = c + (size_t)row * (size_t)c_stride + col;
        Matrix left = {matrix_at(a, row, 0), a.stride, a.transposed};
        Matrix right = {matrix_at(b, 0, col), b.stride, b.transposed};
        kernel_matmul_serial(rows, cols, k, alpha, left, right, beta, out, c_stride);
        for (int r = 0; bias && r < rows; r++) {
            float *line = out + (size_t)r * (size_t)c_stride;
#pragma omp simd
            for (int j = 0; j < cols; j++)
                line[j] += bias[col + j];
        }
    }
}

void kernel_matmul_in(TensorPrecision precision, int m, int n, int k, float alpha, Matrix a, Matrix b,
                      float beta, const float *bias, float *c, int c_stride)
{
    if (gemm_suits(m, n, k))
        gemm(precision, m, n, k, alpha, a, b, beta, bias, c, c_stride);
    else
        blocked_matmul(m, n, k, alpha, a, b, beta, bias, c, c_stride);
}

void kernel_matmul(int m, int n, int k, float alpha, Matrix a, Matrix b, float beta, float *c, int c_stride)
{
    kernel_matmul_in(TENSOR_F32, m, n, k, alpha, a, b, beta, NULL, c, c_stride);
}

void kernel_matmul_serial(int m, int n, int k, float alpha, Matrix a, Matrix b, float beta, float *c,
                          int c_stride)
{
    kernel_matmul_serial_in(TENSOR_F32, m, n, k, alpha, a, b, beta, c, c_stride);
}

void kernel_matmul_bias(int m, int n, int k, Matrix a, Matrix b, const float *bias, float *c)
{
    kernel_matmul_in(TENSOR_F32, m, n, k, 1, a, b, 0, bias, c, n);
}

void kernel_column_sums(const float *x, size_t rows, int cols, float beta, float *out)
{
    enum { STRIP = 64 };
#pragma omp parallel for schedule(static) if (rows * (size_t)cols > 16384)
    for (int first = 0; first < cols; first += STRIP) {
        float sum[STRIP] = {0};
        int n = cols - first < STRIP ? cols - first : STRIP;
        for (size_t r = 0; r < rows; r++) {
            const float *row = x + r * (size_t)cols + first;
#pragma omp simd
            for (int j = 0; j < n; j++)
                sum[j] += row[j];
        }
        for (int j = 0; j < n; j++)
            out[first + j] = (beta != 0 ? beta * out[first + j] : 0) + sum[j];
    }
}

//> softmax
float kernel_softmax_row(float *row, int n)
{
    float max = -INFINITY, sum = 0;
#pragma omp simd reduction(max : max)
    for (int i = 0; i < n; i++)
        max = row[i] > max ? row[i] : max;
    float base = max == -INFINITY ? 0 : max;
#pragma omp simd reduction(+ : sum)
    for (int i = 0; i < n; i++) {
        row[i] = vmath_exp(row[i] - base);
        sum += row[i];
    }
    float scale = sum > 0 ? 1 / sum : sum; /* 0 stays 0, NaN stays NaN */
#pragma omp simd
    for (int i = 0; i < n; i++)
        row[i] *= scale;
    return base + logf(sum);
}
//< softmax

/* Partial sums of fixed blocks, added in the order of the blocks. */
static double blocked_sum(const float *x, size_t n, bool square)
{
    enum { BLOCK = 65536, MAX_BLOCKS = 64 };
    double total = 0;
    for (size_t start = 0; start < n; start += (size_t)BLOCK * MAX_BLOCKS) {
        size_t here = n - start < (size_t)BLOCK * MAX_BLOCKS ? n - start : (size_t)BLOCK * MAX_BLOCKS;
        int blocks = (int)((here + BLOCK - 1) / BLOCK);
        double part[MAX_BLOCKS];
#pragma omp parallel for schedule(static) if (blocks > 1)
        for (int b = 0; b < blocks; b++) {
            const float *v = x + start + (size_t)b * BLOCK;
            size_t count = here - (size_t)b * BLOCK < BLOCK ? here - (size_t)b * BLOCK : BLOCK;
            double sum = 0;
#pragma omp simd reduction(+ : sum)
            for (size_t i = 0; i < count; i++)
                sum += square ? (double)v[i] * (double)v[i] : (double)v[i];
            part[b] = sum;
        }
        for (int b = 0; b < blocks; b++)
            total += part[b];
    }
    return total;
}

double kernel_sum(const float *x, size_t n)
{
    return blocked_sum(x, n, false);
}

double kernel_sum_squares(const float *x, size_t n)
{
    return blocked_sum(x, n, true);
}
