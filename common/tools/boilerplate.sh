#!/bin/sh
# boilerplate.sh [--sums] PROGRAM.c... -- how much of each program is not its idea: statements that read options, show
# something, take or give back memory, and what is left of main with the includes; in per cent of its lines of code. A
# function of which a third shows something, or reads options, is wholly of that kind; the sums also say the share without
# this rule, statement by statement. The bar of a third is for demos (NAME_demo): what a tool is about (generate,
# fill_mask, the trainers) is often its options, so the two are summed up apart. --sums: only the sums.
sums=0
[ "$1" != --sums ] || { sums=1 && shift; } # only the lines of the chapters
[ $# -gt 0 ] || exit 0
awk -v sums="$sums" '
function finish() { # the statement that has been read is of one kind; all its lines count
    kind = "idea"
    if (text ~ /option_|options_parse|OPTION_|error_exit|OptionList|Options [a-z]|LossBandSettings|demo_begin|Demo [a-z]+ =/) kind = "options"
    else if (text ~ /printf|puts\(|putchar|plot_|terminal_|tensor_print|tabular_|progress_|Progress |Plot |Tabular|loss_band_report|loss_report|demo_claim/) kind = "display"
    else if (text ~ /memory_|free\(|arena_|_finish\(|demo_end/) kind = "memory"
    else if (in_main || text ~ /^#include/) kind = "main"
    part[kind] += lines
    text = ""
    lines = 0
}
function finish_part(    kind, all) { # a function, or what stands between two of them
    for (kind in part) all += part[kind]
    for (kind in part) {
        if (kind != "idea") statements += part[kind]
        whole = in_function && !in_main && part[kind] * 3 > all && (kind == "display" || kind == "options")
        if (whole) { count[kind] += all; split("", part) }
    }
    for (kind in part) count[kind] += part[kind]
    split("", part)
}
function report(    kind) {
    if (!name) return
    finish()
    finish_part()
    total = count["idea"] + count["options"] + count["display"] + count["memory"] + count["main"]
    other = total - count["idea"]
    if (!sums)
        printf "%-34s %5d %6d %7.0f%% %7.0f%% %7.0f%% %6.0f%% %9.0f%%\n", name, all, total, 100 * count["options"] / total,
            100 * count["display"] / total, 100 * count["memory"] / total, 100 * count["main"] / total, 100 * other / total
    kind = name ~ /_demo\.c$/ ? "demos" : "tools"
    add(substr(name, 1, index(name, "/") - 1) " " kind)
    add("all " kind)
}
function add(group) { # a sum; in the order in which they come up
    if (!(group in programs)) groups[++group_count] = group
    sum_statements[group] += statements
    programs[group]++; sum_all[group] += all; sum_total[group] += total; sum_other[group] += other
}
BEGIN { printf "%-34s %5s %6s %8s %8s %8s %7s %10s\n", "program", "lines", "code", "options", "display", "memory", "main", "together" }
FNR == 1 { report(); name = FILENAME; all = statements = 0; split("", count); text = ""; lines = 0; in_main = in_function = comment = 0 }
{
    all++
    line = $0
    if (comment) { if (line !~ /\*\//) next; sub(/.*\*\//, "", line); comment = 0 }
    gsub(/\/\*([^*]|\*[^\/])*\*\//, "", line)
    if (line ~ /\/\*/) { comment = 1; sub(/\/\*.*/, "", line) }
    sub(/\/\/[<>].*/, "", line)
    if (line !~ /[^ \t]/) next
    if (line ~ /^[a-z].*\(/ && line !~ /[;=]/) { finish_part(); in_function = 1 }
    if (line ~ /^int main\(/) in_main = 1
    text = text line
    lines++
    if (line ~ /[;{}]$/ || line ~ /^#/ || line ~ /^ *(case .*|default):$/) finish()
    if (line ~ /^}/) { finish_part(); in_main = in_function = 0 }
}
END {
    report()
    for (all = 0; all < 2; all++) # the chapters, then everything
        for (k = 1; k <= group_count; k++) {
            group = groups[k]
            if ((group ~ /^all/) == all && (sums || programs[group] > 1))
                printf "%-34s %5d %6d %48.1f%%, by statements %.1f%%\n", group " (" programs[group] ")", sum_all[group],
                    sum_total[group], 100 * sum_other[group] / sum_total[group], 100 * sum_statements[group] / sum_total[group]
        }
}' "$@"
