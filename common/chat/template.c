/* template.c -- a chat template: where it comes from, what it is given, where it is written. */
#include "common/chat/parts.h"

#include "common/model/folder.h"
#include "common/text/utf8.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

//> chatml
const char chat_template_chatml[] =
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + "
    "'<|im_end|>' + '\\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";
//< chatml

bool chat_template_fault(const ChatTemplate *t, Error *e, size_t at, const char *format, ...)
{
    char text[400];
    va_list list;
    int line = 1, column = 1;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    for (size_t i = 0; i < at && i < t->size; i++) {
        line += t->source[i] == '\n';
        column = t->source[i] == '\n' ? 1 : column + (((unsigned char)t->source[i] & 0xc0) != 0x80);
    }
    return error_set(e, "%s: line %d, column %d: %s", t->name, line, column, text);
}

/* ---- parsing --------------------------------------------------------------------------------------- */

/* As Jinja reads it: \r\n and \r are line breaks, one at the very end is none. */
static void set_source(ChatTemplate *t, const char *source)
{
    char *own = arena_alloc(t->arena, strlen(source) + 1);
    for (const char *c = source; *c; c++) {
        bool pair = c[0] == '\r' && c[1] == '\n';
        own[t->size++] = *c == '\r' ? '\n' : *c;
        c += pair;
    }
    t->size -= t->size > 0 && own[t->size - 1] == '\n';
    own[t->size] = '\0';
    t->source = own;
}

static Value token_of(ChatTemplate *t, const char *text, const char *name)
{
    if (!text)
        return (Value){.kind = VALUE_UNDEFINED, .text = name, .size = strlen(name)};
    char *own = arena_alloc(t->arena, strlen(text) + 1);
    return chat_value_string(strcpy(own, text));
}

ChatTemplate *chat_template_parse(const char *source, const char *bos, const char *eos, const char *name,
                                  Error *e)
{
    size_t size = strlen(source), fault = text_utf8_fault(source, size);
    if (fault < size) {
        error_set(e, "%s: the template is no UTF-8 at byte %zu", name, fault);
        return NULL;
    }
    ChatTemplate *t = memory_zero(1, sizeof *t);
    t->arena = arena_new();
    t->name = memory_string(name);
    set_source(t, source);
    t->bos = token_of(t, bos, "bos_token");
    t->eos = token_of(t, eos, "eos_token");
    if (chat_parse(t, e))
        return t;
    chat_template_free(t);
    return NULL;
}

void chat_template_free(ChatTemplate *t)
{
    if (!t)
        return;
    arena_free(t->arena);
    free(t->name);
    free(t);
}

const char *chat_template_source(const ChatTemplate *t)
{
    return t->source;
}

/* ---- rendering ------------------------------------------------------------------------------------- */

static void define(RunState *r, const char *name, Value value)
{
    Variable *v = arena_alloc(r->arena, sizeof *v);
    *v = (Variable){name, strlen(name), value, r->variables};
    r->variables = v;
}

char *chat_template_render_json(const ChatTemplate *t, const json_t *variables, Error *e)
{
    Output out = {0};
    RunState r = {.t = t, .arena = arena_new(), .e = e, .out = &out};
    define(&r, "bos_token", t->bos);
    define(&r, "eos_token", t->eos);
    json_t *object = json_incref((json_t *)variables);
    for (void *it = json_object_iter(object); it; it = json_object_iter_next(object, it))
        define(&r, json_object_iter_key(it), chat_value_of_json(&r, json_object_iter_value(it)));
    chat_output_add(&out, "", 0);
    bool good = chat_run(&r, t->body);
    json_decref(object);
    arena_free(r.arena);
    if (good)
        return out.text;
    free(out.text);
    return NULL;
}

static json_t *json_of_message(const ChatMessage *m, Error *e)
{
    json_t *message = json_object(), *content = m->content ? json_string(m->content) : json_null();
    if (!content) {
        json_decref(message);
        error_set(e, "a message of the %s is no UTF-8", m->role);
        return NULL;
    }
    json_object_set_new(message, "role", json_string(m->role));
    json_object_set_new(message, "content", content);
    json_t *more = m->more ? json_loads(m->more, 0, NULL) : NULL;
    if (more)
        json_object_update(message, more);
    json_decref(more);
    return message;
}

char *chat_template_render(const ChatTemplate *t, const ChatConversation *c, bool prompt, Error *e)
{
    json_t *variables = json_object(), *messages = json_array(),
           *tools = c->tools ? json_loads(c->tools, 0, NULL) : NULL;
    bool good = true;
    for (int i = 0; i < c->count && good; i++) {
        json_t *message = json_of_message(&c->messages[i], e);
        good = message && json_array_append_new(messages, message) == 0;
    }
    json_object_set_new(variables, "messages", messages);
    json_object_set_new(variables, "add_generation_prompt", json_boolean(prompt));
    json_object_set_new(variables, "tools", tools ? tools : json_null());
    json_object_set_new(variables, "documents", json_null());
    char *text = good ? chat_template_render_json(t, variables, e) : NULL;
    json_decref(variables);
    return text;
}

/* ---- folders --------------------------------------------------------------------------------------- */

/* A token is a text, or an object with its "content". */
static const char *token_text(const json_t *config, const char *name)
{
    const json_t *token = json_object_get(config, name);
    return json_string_value(json_is_object(token) ? json_object_get(token, "content") : token);
}

/* A text, or a list of {"name", "template"}, of which "default" is taken. */
static const char *source_in(const json_t *config)
{
    const json_t *source = json_object_get(config, "chat_template");
    for (size_t i = 0; i < json_array_size(source); i++) {
        const json_t *one = json_array_get(source, i);
        const char *name = json_string_value(json_object_get(one, "name"));
        if (name && strcmp(name, "default") == 0)
            return json_string_value(json_object_get(one, "template"));
    }
    return json_string_value(source);
}

static json_t *read_config(const char *path, Error *e)
{
    size_t size;
    json_error_t where;
    char *text = file_read(path, &size, e);
    json_t *config = text ? json_loadb(text, size, 0, &where) : NULL;
    free(text);
    if (text && !json_is_object(config)) {
        if (config)
            error_set(e, "%s: expected an object", path);
        else
            error_set(e, "%s: line %d: %s", path, where.line, where.text);
        json_decref(config);
        return NULL;
    }
    return config;
}

ChatTemplate *chat_template_load(const char *folder, Error *e)
{
    char path[MODEL_FOLDER_PATH], own[MODEL_FOLDER_PATH];
    if (!model_folder_path(path, folder, "tokenizer_config.json", e) ||
        !model_folder_path(own, folder, "chat_template.jinja", e))
        return NULL;
    size_t size;
    bool has_own = access(own, F_OK) == 0, has_config = access(path, F_OK) == 0;
    if (!has_own && !has_config) {
        error_set(e, "%s: no chat template: neither chat_template.jinja nor tokenizer_config.json is there",
                  folder);
        return NULL;
    }
    char *text = has_own ? file_read(own, &size, e) : NULL;
    json_t *config = has_config ? read_config(path, e) : json_object();
    const char *source = has_own ? text : source_in(config);
    ChatTemplate *t = NULL;
    if (source && config)
        t = chat_template_parse(source, token_text(config, "bos_token"), token_text(config, "eos_token"),
                                has_own ? own : path, e);
    else if (config)
        error_set(e, "%s: no chat_template is in it: the model was not trained to chat", path);
    json_decref(config);
    free(text);
    return t;
}

bool chat_template_save(const char *folder, const char *source, const char *bos, const char *eos,
                        int context, Error *e)
{
    char path[MODEL_FOLDER_PATH];
    if (!model_folder_path(path, folder, "tokenizer_config.json", e) || !file_make_directory(folder, e))
        return false;
    json_t *config = json_object();
    if (bos)
        json_object_set_new(config, "bos_token", json_string(bos));
    json_object_set_new(config, "chat_template", json_string(source));
    json_object_set_new(config, "clean_up_tokenization_spaces", json_false());
    if (eos)
        json_object_set_new(config, "eos_token", json_string(eos));
    json_object_set_new(config, "model_max_length", json_integer(context));
    if (eos)
        json_object_set_new(config, "pad_token", json_string(eos));
    json_object_set_new(config, "tokenizer_class", json_string("PreTrainedTokenizerFast"));
    char *text = json_dumps(config, JSON_INDENT(2));
    json_decref(config);
    FileWriter *w = text ? file_create(path, e) : NULL;
    if (w)
        file_printf(w, "%s\n", text);
    free(text);
    return w && file_commit(w, e);
}
