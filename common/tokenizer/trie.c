/* trie.c -- a tree of bytes (Fredkin, 1960): a walk from the root along a text
 * meets every token with which the text begins. The edges of all nodes lie in
 * one hash table, by node and byte. */
#include "common/tokenizer/parts.h"

#include <stdlib.h>

static uint64_t key_of(int node, unsigned char byte)
{
    return ((uint64_t)node << 8 | byte) + 1;
}

static TrieEdge *edge_of(TrieEdge *edges, size_t count, uint64_t key)
{
    size_t i = (size_t)(key * 0x9e3779b97f4a7c15u >> 20) & (count - 1);
    while (edges[i].key && edges[i].key != key)
        i = (i + 1) & (count - 1);
    return &edges[i];
}

static int add_node(Trie *t)
{
    if (t->nodes == t->room) {
        t->room = 2 * t->room + 64;
        t->ids = memory_resize(t->ids, (size_t)t->room * sizeof *t->ids);
    }
    t->ids[t->nodes] = -1;
    return t->nodes++;
}

static void grow_edges(Trie *t)
{
    size_t count = t->edge_count ? 2 * t->edge_count : 128;
    TrieEdge *edges = memory_zero(count, sizeof *edges);
    for (size_t i = 0; i < t->edge_count; i++) {
        if (t->edges[i].key)
            *edge_of(edges, count, t->edges[i].key) = t->edges[i];
    }
    free(t->edges);
    t->edges = edges;
    t->edge_count = count;
}

static int step_or_add(Trie *t, int node, unsigned char byte)
{
    if (2 * (t->used + 1) > t->edge_count)
        grow_edges(t);
    TrieEdge *edge = edge_of(t->edges, t->edge_count, key_of(node, byte));
    if (!edge->key) {
        *edge = (TrieEdge){key_of(node, byte), add_node(t)};
        t->used++;
    }
    return edge->to;
}

void tokenizer_trie_put(Trie *t, const char *text, size_t size, int id)
{
    int node = t->nodes ? 0 : add_node(t);
    for (size_t i = 0; i < size; i++)
        node = step_or_add(t, node, (unsigned char)text[i]);
    if (t->ids[node] < 0)
        t->ids[node] = id;
}

int tokenizer_trie_step(const Trie *t, int node, unsigned char byte)
{
    if (!t->edge_count)
        return -1;
    const TrieEdge *edge = edge_of(t->edges, t->edge_count, key_of(node, byte));
    return edge->key ? edge->to : -1;
}

void tokenizer_trie_free(Trie *t)
{
    free(t->edges);
    free(t->ids);
    *t = (Trie){0};
}
