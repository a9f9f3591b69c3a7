/* dot.c -- walks the tape once: each operation gets a line for itself and one for each of its inputs. */
#define NN_INSIDE
#include "common/nn/dot.h"

#include "common/base/file.h"

#include <stdio.h>
#include <string.h>

/* The number of the operation before `end` whose output is t; -1: t is a leaf. */
static long made_by(const Graph *g, const Tensor *t, size_t end)
{
    for (size_t i = end; i-- > 0;) {
        if (nn_graph_node(g, i)->out == t)
            return (long)i;
    }
    return -1;
}

/* The label from its first line on. */
static void write_label(FileWriter *file, const char *first, const Tensor *t)
{
    char shape[TENSOR_SHAPE_TEXT];
    file_printf(file, "label=\"");
    for (const char *c = first; *c; c++)
        file_printf(file, *c == '"' || *c == '\\' ? "\\%c" : "%c", *c);
    if (t->size != 1)
        file_printf(file, "\\n%s", tensor_shape_text(t, shape));
    else
        file_printf(file, "\\n%.4g", (double)t->data[0]);
    if (t->size == 1 && t->has_grad)
        file_printf(file, "\\ngradient %.4g", (double)t->grad[0]);
    file_printf(file, "\"];\n");
}

/* A leaf is called after the first use of it: operation and input. Returns those. */
static void first_use(const Graph *g, const Tensor *t, size_t *node, int *input)
{
    for (*node = 0;; ++*node) {
        for (*input = 0; *input < GRAPH_INPUTS; ++*input) {
            if (nn_graph_node(g, *node)->in[*input] == t)
                return;
        }
    }
}

static void write_leaf(const Params *p, const Tensor *t, size_t node, int input, FileWriter *file)
{
    const Param *param = p ? nn_param_of(p, t) : NULL;
    file_printf(file, "  leaf%zu_%d [shape=box%s, ", node, input, t->wants_grad ? "" : ", style=dashed");
    write_label(file, param ? param->name : t->wants_grad ? "parameter" : "input", t);
}

static void write_input(const Graph *g, const Params *p, size_t node, int input, FileWriter *file)
{
    const Tensor *t = nn_graph_node(g, node)->in[input];
    long maker = made_by(g, t, node);
    if (maker >= 0) {
        file_printf(file, "  op%ld -> op%zu;\n", maker, node);
        return;
    }
    size_t first;
    int at;
    first_use(g, t, &first, &at);
    if (first == node && at == input)
        write_leaf(p, t, node, input, file);
    file_printf(file, "  leaf%zu_%d -> op%zu;\n", first, at, node);
}

/* Makes the directory that a path names. */
static bool make_directory_of(const char *path, Error *e)
{
    char directory[1024];
    const char *slash = strrchr(path, '/');
    if (!slash || slash == path)
        return true;
    snprintf(directory, sizeof directory, "%.*s", (int)(slash - path), path);
    return file_make_directory(directory, e);
}

bool nn_graph_dot(const Graph *g, const Params *p, const char *path, Error *e)
{
    FileWriter *file = make_directory_of(path, e) ? file_create(path, e) : NULL;
    if (!file)
        return false;
    file_printf(file, "digraph tape {\n  rankdir=LR;\n");
    for (size_t i = 0; i < nn_graph_count(g); i++) {
        const GraphNode *n = nn_graph_node(g, i);
        file_printf(file, "  op%zu [shape=ellipse, ", i);
        write_label(file, n->op->name, n->out);
        for (int k = 0; k < GRAPH_INPUTS; k++) {
            if (n->in[k])
                write_input(g, p, i, k, file);
        }
    }
    file_printf(file, "}\n");
    return file_commit(file, e);
}
