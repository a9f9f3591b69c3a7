/* dataset_settings.c -- the options of dataset_build. */
#include "ch04/dataset.h"

#include "common/plot/plot.h"

DatasetSettings dataset_settings(int argc, char **argv)
{
    static const char *const languages[] = {"both", "zh", "en", NULL}, *const personal[] = {"mask", "drop",
                                                                                            "keep", NULL};
    DatasetSettings s = {.out = "ch04/out/dataset",
                         .test = NULL,
                         .shard_kb = 4096,
                         .context = 256,
                         .vocab = 4096,
                         .bands = 32,
                         .rows = 4,
                         .threshold = 0.65f,
                         .quality = 0.5f,
                         .seed = 1};
    const Option options[] = {
        option_title("What is read and written"),
        option_list("input", &s.inputs,
                    "a file or a folder: .html, .warc, .wet, .jsonl, text, each also as .gz; default "
                    "ch04/data/web"),
        option_dir("out", &s.out, "the folder of the data set; what is in it of another one goes"),
        option_flag("resume", &s.resume, "continue in that folder where a run was ended"),
        option_file("test", &s.test, "questions of a test, whose texts are left out: lines, or .jsonl"),
        option_title("What is kept"),
        option_choice("languages", &s.languages, languages, "languages that are kept"),
        option_float("quality", &s.quality, 0, 1, "minimum probability of the classifier"),
        option_int("bands", &s.bands, 1, 128, "bands of a MinHash signature"),
        option_int("rows", &s.rows, 1, 32, "rows of a band; bands times rows is at most 256"),
        option_float("threshold", &s.threshold, 0, 1, "estimated similarity of near copies"),
        option_choice("personal", &s.personal, personal,
                      "what becomes of personal data, or of texts with some"),
        option_title("Tokens"),
        option_file("tokenizer", &s.tokenizer,
                    "a tokenizer.json with " END_OF_TEXT "; default: one is learnt"),
        option_int("vocab", &s.vocab, 257, 65536, "tokens of the one that is learnt"),
        option_int("context", &s.context, 2, 1 << 20, "ids of a sequence"),
        option_int("shard-kb", &s.shard_kb, 1, 1 << 20, "text of a shard, in KB"),
        option_title("Display"),
        option_flag("planted", &s.planted,
                    "the fate of each kind of document, by the first word of its host name"),
        option_seed(&s.seed),
        plot_option(&s.language),
        OPTION_END};
    options_parse(argc, argv,
                  "Builds a data set for pretraining from web pages, section 4.1.3: takes the text out, "
                  "filters, removes "
                  "copies, masks personal data, leaves out what a test asks, makes tokens.",
                  options);
    if (s.bands * s.rows > MINHASH_MAX)
        error_exitf("--bands %d --rows %d: more than %d hash functions", s.bands, s.rows, MINHASH_MAX);
    if (s.inputs.count == 0) { /* the book's own sample */
        s.sample = true;
        s.inputs.texts[s.inputs.count++] = "ch04/data/web";
        s.test = s.test ? s.test : "ch04/data/test_questions.jsonl";
    }
    return s;
}

const char *reason_name(Reason r)
{
    static const char *const names[REASONS] = {
        [REASON_NOT_UTF8] = "not text",         [REASON_NO_TEXT] = "no text",
        [REASON_EXACT] = "exact copy",          [REASON_LANGUAGE] = "other language",
        [REASON_CLASSIFIER] = "low score",      [REASON_NEAR] = "near copy",
        [REASON_TEST] = "question of the test", [REASON_PERSONAL] = "personal data"};
    return r >= REASON_RULE && r < REASON_CLASSIFIER ? quality_rule((QualityRule)(r - REASON_RULE))->name
                                                     : names[r];
}

Stage reason_stage(Reason r)
{
    static const Stage stages[REASONS] = {[REASON_NOT_UTF8] = STAGE_TEXT,
                                          [REASON_NO_TEXT] = STAGE_TEXT,
                                          [REASON_EXACT] = STAGE_EXACT,
                                          [REASON_LANGUAGE] = STAGE_LANGUAGE,
                                          [REASON_CLASSIFIER] = STAGE_CLASSIFIER,
                                          [REASON_NEAR] = STAGE_NEAR,
                                          [REASON_TEST] = STAGE_TEST,
                                          [REASON_PERSONAL] = STAGE_PERSONAL};
    return r >= REASON_RULE && r < REASON_CLASSIFIER ? STAGE_RULES : stages[r];
}
