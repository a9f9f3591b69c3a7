/* json_words.c -- the library's numbers for what is wrong, in words. */
#include "common/tokenizer/json_words.h"

const char *tokenizer_json_words(const json_error_t *fault)
{
    switch (json_error_code(fault)) {
    case json_error_premature_end_of_input:
        return "it ends before it is complete";
    case json_error_end_of_input_expected:
        return "something follows after its end";
    case json_error_invalid_utf8:
        return "a byte is not UTF-8";
    case json_error_null_character:
    case json_error_null_byte_in_key:
        return "a text holds a zero character";
    case json_error_duplicate_key:
        return "a key occurs twice in an object";
    case json_error_numeric_overflow:
        return "a number is too large";
    case json_error_stack_overflow:
        return "brackets lie too deep in each other";
    case json_error_out_of_memory:
        return "it does not fit into memory";
    default:
        return "expected a value, a comma or a bracket";
    }
}
