/* language.h -- which language a text is in: Chinese, English or another; section 4.1.2.
 *
 * Most languages are told by their script alone: Hangul is Korean, kana are Japanese, Han characters without kana are
 * Chinese. Those that share the Latin letters are told by their letters' habits: naive Bayes over runs of one to three
 * letters (Cavnar and Trenkle, 1994), learnt when the model is made from the little world's English and from a sample
 * of fifteen languages written for this book (language_sample.c). */
#ifndef CH04_LANGUAGE_H
#define CH04_LANGUAGE_H

#include <stddef.h>

typedef enum Language { LANGUAGE_ZH, LANGUAGE_EN, LANGUAGE_OTHER, LANGUAGES } Language;

/* "zh", "en", "other". */
const char *language_name(Language l);

typedef struct LanguageGuess {
    Language language;
    const char
        *name; /* of the language of the sample: "zh", "en", "de" ...; of a script: "ru", "ko" ...; "?" */
    float
        share; /* of the text's letters that are in this language's script, 0 to 1; below 0.7 it is mixed */
    float
        confidence; /* that it is this language and no other of the script, 0.5 to 1; small for short texts */
} LanguageGuess;

typedef struct LanguageModel LanguageModel;

/* Learns; takes a few milliseconds. It does not change afterwards, so threads may share it. The caller frees it. */
LanguageModel *language_model_new(void);
void language_model_free(LanguageModel *m);

/* Guesses from the first `size` bytes of a text, UTF-8 or not. A text without a letter is LANGUAGE_OTHER, "?", 0, 0.
 * A Chinese character counts as three Latin letters, which is how much text a word takes in either. */
LanguageGuess language_guess(const LanguageModel *m, const char *text, size_t size);

/* The letters of one code point's script, as language_guess counts them. */
typedef enum LanguageScript {
    LANGUAGE_NO_LETTER, /* digits, punctuation, symbols, spaces */
    LANGUAGE_LATIN,
    LANGUAGE_HAN,
    LANGUAGE_KANA,
    LANGUAGE_HANGUL,
    LANGUAGE_CYRILLIC,
    LANGUAGE_GREEK,
    LANGUAGE_ARABIC,
    LANGUAGE_HEBREW,
    LANGUAGE_DEVANAGARI,
    LANGUAGE_THAI,
    LANGUAGE_OTHER_SCRIPT,
    LANGUAGE_SCRIPTS
} LanguageScript;
LanguageScript language_script(int code_point);

#endif
