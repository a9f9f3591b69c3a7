# uses.awk -- what each program includes, as lines for the Makefile:
#
#     uses.awk ch05/generate.c ch05/texts.c ... ->
#     LAYERS_ch05/generate := model base
#     MODULES_ch05/generate := ch05/texts
#     PROGRAMS += ch05/generate
#
# A layer is a folder of common; a module is a .c file without a main beside the headers that are included:
# "ch05/pretrain.h" stands for ch05/pretrain.c and for ch05/pretrain_*.c.
BEGIN {
    for (i = 1; i < ARGC; i++)
        if (ARGV[i] ~ /\.c$/)
            sources[substr(ARGV[i], 1, length(ARGV[i]) - 2)] = 1
}
/^#include "common\/[a-z]+\// && !/common\/(tools|tests|grade)\// {
    split($0, part, "/")
    layers[FILENAME] = layers[FILENAME] " " part[2]
    next
}
/^#include "/ {
    split($0, part, "\"")
    includes[FILENAME] = includes[FILENAME] " " part[2]
}
/^int main\(/ { mains[substr(FILENAME, 1, length(FILENAME) - 2)] = 1 }

function visit(file,    i, n, list, stem, s) { # modules are only candidates: a .c file that is itself included is none
    if (file in seen)
        return
    seen[file] = 1
    found_layers = found_layers layers[file]
    n = split(includes[file], list, " ")
    for (i = 1; i <= n; i++) {
        visit(list[i])
        if (list[i] ~ /\.c$/)
            inlined[substr(list[i], 1, length(list[i]) - 2)] = 1
        if (list[i] !~ /\.h$/)
            continue
        stem = substr(list[i], 1, length(list[i]) - 2)
        for (s in sources)
            if (!(s in mains) && (s == stem || index(s, stem "_") == 1) && !((s ".c") in seen)) {
                found_modules = found_modules " " s
                visit(s ".c")
            }
    }
}

END {
    for (s in mains) {
        split("", seen)
        split("", inlined)
        found_layers = found_modules = ""
        visit(s ".c")
        n = split(found_modules, modules, " ")
        found_modules = ""
        for (i = 1; i <= n; i++)
            if (!(modules[i] in inlined))
                found_modules = found_modules " " modules[i]
        print "LAYERS_" s " :=" found_layers
        print "MODULES_" s " :=" found_modules
        print "PROGRAMS += " s
    }
}
