/* template.h -- chat templates: how the messages of a conversation become one text, section 6.4.1.
 *
 * A model folder on Hugging Face says it in Jinja, in "chat_template" of tokenizer_config.json or in
 * chat_template.jinja. Rendered is what the templates of ChatML, Qwen2.5, Qwen3, Llama 2 and 3, Mistral, Gemma, Phi-3
 * and Zephyr use:
 *
 *     statements   for (with if and else, unpacking, break, continue), if, elif, else, set (also of a namespace, and
 *                  as a block), generation
 *     expressions  arithmetic, ~, comparisons, in, and, or, not, a if b else c, lists, dictionaries, slices, filters,
 *                  tests, calls of string and dictionary methods, namespace, range, dict, raise_exception
 *     white space  -, + at tags; as transformers has it, a line break after a block goes, and so does white space
 *     before
 *
 * Anything else (macro, import, an unknown filter) is an error that names it and where it stands. Strings are UTF-8 and
 * counted in code points. A test holds the results equal to those of jinja2.
 *
 *     ChatTemplate *t = chat_template_load("ch06/models/book_chat", &e);
 *     char *text = t ? chat_template_render(t, &conversation, true, &e) : NULL;
 *     if (!text)
 *         error_exit(&e); */
#ifndef CHAT_TEMPLATE_H
#define CHAT_TEMPLATE_H

#include "common/chat/conversation.h"

typedef struct ChatTemplate ChatTemplate;
struct json_t;

/* ChatML (OpenAI, 2023), which the models of this book use: <|im_start|>ROLE, a line break, the content, <|im_end|>, a
 * line break. */
extern const char chat_template_chatml[];

/* Parses a template; bos and eos (or NULL) are the tokens that it calls bos_token and eos_token. NULL and *e, which
 * says "NAME: line 3, column 14: ...". The caller frees it. */
ChatTemplate *chat_template_parse(const char *source, const char *bos, const char *eos, const char *name,
                                  Error *e);

/* That of a folder: chat_template.jinja, or chat_template in tokenizer_config.json: a text, or a list of named ones, of
 * which "default" is taken. The special tokens come from tokenizer_config.json. NULL and *e, also where the folder
 * has none. */
ChatTemplate *chat_template_load(const char *folder, Error *e);
void chat_template_free(ChatTemplate *t); /* t may be NULL */

const char *chat_template_source(const ChatTemplate *t);

/* Writes folder/tokenizer_config.json, as transformers reads it: the template, the tokens (bos or eos may be NULL), and
 * the context. */
bool chat_template_save(const char *folder, const char *source, const char *bos, const char *eos,
                        int context, Error *e);

/* The text of a conversation. `prompt`: followed by what the assistant's next message begins with
 * (add_generation_prompt). NULL and *e if the template refuses the conversation (raise_exception: roles that do not
 * alternate, a system message where there is no room for one), or it asks for what is not there. The caller frees it.
 * */
char *chat_template_render(const ChatTemplate *t, const ChatConversation *c, bool prompt, Error *e);

/* The same for any variables: an object of jansson. */
char *chat_template_render_json(const ChatTemplate *t, const struct json_t *variables, Error *e);

#endif
