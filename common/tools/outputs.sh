#!/bin/sh
# outputs.sh OUTPUTS EXPECTED... -- each program against its expected output, one after the other; one that passed before
# with the same program, output and data is not run again.
outputs=$1
shift
failed=0 passed=0
for expected in "$@"; do
    chapter=$(dirname "$(dirname "$expected")")
    program=$(sed -n 's/^\$ \.\/\([^ ]*\).*/\1/p' "$expected" | head -n 1)
    models=""
    [ -d "$chapter/models" ] && models="$chapter/models"
    if common/tools/unless_passed.sh "$expected" "$expected" "$program" "$outputs" common/text/tinyshakespeare.txt \
        ch05/models $models -- "$outputs" check "$expected"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
    fi
done
echo "expected outputs: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
