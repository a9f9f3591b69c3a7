/* contamination.c -- runs of hashed units, in a hash set for each length that occurs. */
#include "ch04/contamination.h"

#include "ch04/input.h"

#include <jansson.h>
#include <string.h>
#include <xxhash.h>

static uint64_t hash_run(const Units *u, size_t at, size_t length)
{
    return XXH3_64bits(u->hash + at, length * sizeof *u->hash);
}

//> contamination
void contamination_add(Contamination *c, const char *question, size_t size)
{
    Units u = {0};
    units_make(&u, question, size);
    bool chinese = units_are_chinese(&u);
    size_t length = chinese ? CONTAMINATION_CHARACTERS : CONTAMINATION_WORDS, least = chinese ? 12 : 8;
    if (u.count < length)
        length = u.count;
    c->questions++;
    c->left_out += length < least;
    for (size_t at = 0; length >= least && at + length <= u.count; at++)
        hash_set_add(&c->runs[length], hash_run(&u, at, length));
    units_free(&u);
}

bool contamination_found(const Contamination *c, const Units *text)
{
    for (size_t length = 1; length < CONTAMINATION_LENGTHS; length++)
        for (size_t at = 0; c->runs[length].count > 0 && at + length <= text->count; at++)
            if (hash_set_has(&c->runs[length], hash_run(text, at, length)))
                return true;
    return false;
}
//< contamination

static bool add_json(Contamination *c, const char *line, size_t size)
{
    json_t *object = json_loadb(line, size, 0, NULL);
    const json_t *text = json_object_get(object, "question");
    text = text ? text : json_object_get(object, "text");
    bool good = json_is_string(text);
    if (good)
        contamination_add(c, json_string_value(text), json_string_length(text));
    json_decref(object);
    return good;
}

bool contamination_read(Contamination *c, const char *path, Error *e)
{
    Input *in = input_open(path, e);
    if (!in)
        return false;
    bool json = strstr(path, ".jsonl") != NULL, good = true, cut;
    size_t size;
    int number = 0;
    for (char *line; good && (line = input_line(in, 1 << 20, &size, &cut));) {
        number++;
        if (size > 0 && json)
            good = add_json(c, line, size) ||
                   error_set(e, "%s:%d: expected a JSON object with a string \"question\" or \"text\"",
                             path, number);
        else if (size > 0)
            contamination_add(c, line, size);
    }
    good = good && input_sound(in, e);
    input_close(in);
    return good;
}

void contamination_free(Contamination *c)
{
    for (int i = 0; i < CONTAMINATION_LENGTHS; i++)
        hash_set_free(&c->runs[i]);
    *c = (Contamination){.questions = 0};
}
