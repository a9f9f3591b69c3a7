#!/bin/sh
# dead.sh [DIR] -- public functions of common that nobody calls but tests: they get a caller or go. Kept is what readers
# and later chapters call (whole headers), and what a test needs to look inside.
cd "${1:-.}" || exit 2
kept_headers="
common/nn/ops.h         the operations that a model of one's own is made of
common/nn/train.h       a training loop in one call
common/plot/plot.h      all that a picture can show
common/base/stats.h     intervals and tests, for the chapters that compare
common/base/table.h     tables on a terminal, likewise
common/model/lm.h       the calls of a demo
common/model/adapter.h  LoRA, chapter 6
common/model/decoder.h  any family, trained
common/model/bert.h        the same
common/world/samples.h  the little world, its rewards and its pictures
common/world/picture.h
common/world/facts.h
"
kept="
tensor_print            in a debugger
arena_held              tests see that a step allocates nothing
model_encode_pooled     the pooler of a bert, chapter 6
model_safetensors_shape files of others
tokenizer_encode_pair   pairs of texts, chapter 6
tokenizer_encode_batch
dist_reduce_scatter     the call that waits, beside the one that does not
grade_test_add          the generated main of a learner's tests
words_has               tests hold the messages against the list of words
"
names=$(echo "$kept" | awk '{ print $1 }' | tr '\n' ' ')
readers=$(echo "$kept_headers" | awk '{ print $1 }' | tr '\n' ' ')
headers=$(find common -name '*.h' -not -path 'common/tests/*')
sources=$(find common ch[0-9][0-9] book -name '*.[ch]' -not -path 'common/tests/*' -not -path '*/out/*')
# shellcheck disable=SC2086
awk -v kept=" $names " -v readers=" $readers " '
FNR == 1 { header = FILENAME ~ /\.h$/; comment = 0 }
{
    line = $0
    if (comment) { if (line !~ /\*\//) next; sub(/.*\*\//, "", line); comment = 0 }
    gsub(/\/\*([^*]|\*[^\/])*\*\//, "", line)
    if (line ~ /\/\*/) { comment = 1; sub(/\/\*.*/, "", line) }
    gsub(/"([^"\\]|\\.)*"/, "", line)
    sub(/\/\/.*/, "", line)
}
line ~ /^#define [a-z_]+\(/ { next } # a macro that hides the function adds the place of the call
# a function that is declared or defined begins in the first column
line ~ /^[A-Za-z].*[ *][a-z][a-z0-9_]*\(/ && line !~ /^(static|typedef|return|else)/ {
    name = line
    sub(/\(.*/, "", name)
    sub(/.*[ *]/, "", name)
    if (header && !(name in where)) where[name] = FILENAME
    sub(/[a-z][a-z0-9_]*\(/, "(", line) # what follows may call others
}
{
    while (match(line, /[A-Za-z_][A-Za-z0-9_]*/)) {
        used[substr(line, RSTART, RLENGTH)]++
        line = substr(line, RSTART + RLENGTH)
    }
}
END {
    for (name in where)
        if (!used[name] && !index(kept, " " name " ") && !index(readers, " " where[name] " ")) {
            print where[name] ": nobody calls " name
            dead++
        }
    if (!dead) print "dead: every public function has a caller, or readers call it"
    exit dead > 0
}' $headers $sources
