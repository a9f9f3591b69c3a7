/* gather.c -- what is picked out by index; its gradient is scattered back to where it came from. */
#define NN_INSIDE
#include "common/nn/ops.h"
#include "common/nn/rows.h"

#include <string.h>

/* ---- embedding: row ids[i] of the table; its gradient is added to that row --------------------- */

static void embedding_backward(Graph *g, GraphNode *n)
{
    Tensor *table = n->in[0];
    int cols = table->shape[1];
    float beta, *grad = nn_grad(g, table, &beta);
    if (beta == 0)
        memset(grad, 0, table->size * sizeof *grad);
    for (size_t r = 0; r < tensor_rows(n->out); r++) {
        const float *up = n->out->grad + r * (size_t)cols;
        float *to = grad + (size_t)n->ids[r] * (size_t)cols;
        for (int i = 0; i < cols; i++)
            to[i] += up[i];
    }
}

Tensor *nn_embedding(Graph *g, Tensor *table, const int *ids, int batch, int time)
{
    static const GraphOperation op = {"nn_embedding", embedding_backward};
    if (table->rank != 2)
        nn_shape_error(g, op.name, table, NULL, "the table is (V,C)");
    GraphNode *n;
    int cols = table->shape[1];
    Tensor *out = nn_record(g, &op, 3, (int[]){batch, time, cols}, &table, 1, &n);
    for (int r = 0; r < batch * time; r++) {
        if (ids[r] < 0 || ids[r] >= table->shape[0])
            nn_shape_error(g, op.name, table, NULL, "a token id lies outside the table");
        memcpy(out->data + (size_t)r * (size_t)cols, table->data + (size_t)ids[r] * (size_t)cols,
               (size_t)cols * sizeof(float));
    }
    if (n)
        n->ids = ids;
    return out;
}

Tensor *nn_select_rows(Graph *g, Tensor *x, const int *rows, int count)
{
    int cols = rows_columns(g, "nn_select_rows", x), all = (int)tensor_rows(x);
    for (int i = 0; i < count; i++) {
        if (rows[i] < 0 || rows[i] >= all)
            nn_shape_error(g, "nn_select_rows", x, NULL, "there is no such row");
    }
    Tensor *table = nn_view(g, x, 2, (int[]){all, cols});
    return nn_view(g, nn_embedding(g, table, rows, 1, count), 2, (int[]){count, cols});
}

/* ---- gather: number index[r] of row r ------------------------------------------------------------------ */

static void gather_backward(Graph *g, GraphNode *n)
{
    Tensor *x = n->in[0];
    size_t cols = (size_t)tensor_dim(x, -1);
    float beta, *grad = nn_grad(g, x, &beta);
    if (beta == 0)
        memset(grad, 0, x->size * sizeof *grad);
    for (size_t r = 0; r < n->out->size; r++)
        grad[r * cols + (size_t)n->ids[r]] += n->out->grad[r];
}

Tensor *nn_gather(Graph *g, Tensor *x, const int *index)
{
    static const GraphOperation op = {"nn_gather", gather_backward};
    int cols = rows_columns(g, op.name, x);
    GraphNode *n;
    Tensor *out = nn_record(g, &op, x->rank - 1, x->shape, &x, 1, &n);
    for (size_t r = 0; r < out->size; r++) {
        if (index[r] < 0 || index[r] >= cols)
            nn_shape_error(g, op.name, x, NULL, "an index lies outside the last dimension");
        out->data[r] = x->data[r * (size_t)cols + (size_t)index[r]];
    }
    if (n)
        n->ids = index;
    return out;
}
