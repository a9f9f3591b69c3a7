#!/bin/sh
# outputs.sh OUTPUTS EXPECTED... -- each program against its expected output, as many at once as there are processors
# (JOBS=N: another number), the longest first, so that at the end none runs alone; one that passed before with the same
# program, output and data is not run again.
check_if_changed() { # what it says comes at once
    outputs=$1 expected=$2
    chapter=$(dirname "$(dirname "$expected")")
    program=$(sed -n 's/^\$ \.\/\([^ ]*\).*/\1/p' "$expected" | head -n 1)
    models=""
    [ -d "$chapter/models" ] && models="$chapter/models"
    # shellcheck disable=SC2086
    said=$(common/tools/unless_passed.sh "$expected" "$expected" "$program" "$outputs" common/text/tinyshakespeare.txt \
        ch05/models $models -- "$outputs" check "$expected" 2>&1)
    status=$?
    printf '%s\n' "$said"
    [ "$status" -eq 0 ] || echo "$expected" >>"$failures"
}
[ "$1" = --if-changed ] && check_if_changed "$2" "$3" && exit

longest_first() { # EXPECTED...: by the seconds in their chapters' costs.tsv; what was never measured may be long
    cat ch[0-9][0-9]/costs.tsv 2>/dev/null | awk -v files="$*" '
        { seconds[$1] = $2 }
        END {
            n = split(files, file, " ")
            for (i = 1; i <= n; i++) {
                program = file[i]
                sub(/\/expected\//, "/", program)
                sub(/\..*/, "", program)
                print program in seconds ? seconds[program] : 1000, file[i]
            }
        }' | sort -s -rn -k 1,1 | cut -d ' ' -f 2
}

outputs=$1
shift
failures=$(mktemp)
export failures
jobs=${JOBS:-$(getconf _NPROCESSORS_ONLN)}
[ "$jobs" -le 1 ] || export OMP_NUM_THREADS="${OMP_NUM_THREADS:-1}" # side by side the faster division
longest_first "$@" | xargs -P "$jobs" -n 1 "$0" --if-changed "$outputs"
failed=$(wc -l <"$failures")
rm -f "$failures"
echo "expected outputs: $((${#} - failed)) passed, $((failed)) failed"
[ "$failed" -eq 0 ]
