#!/bin/sh
# dead.sh [DIR] -- public functions of common that nobody calls but tests: they get a caller or go. Kept are those that
# are for readers to call from a program of their own or a debugger.
cd "${1:-.}" || exit 2
kept="tensor_print"
headers=$(find common -name '*.h' -not -path 'common/tests/*')
sources=$(find common ch[0-9][0-9] book -name '*.[ch]' -not -path 'common/tests/*' -not -path '*/out/*')
# shellcheck disable=SC2086
awk -v kept=" $kept " '
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
        if (!used[name] && !index(kept, " " name " ")) { print where[name] ": nobody calls " name; dead++ }
    if (!dead) print "dead: every public function has a caller"
    exit dead > 0
}' $headers $sources | sort
