#!/bin/sh
# unit.sh TEST... -- runs Check suites one after another, shows what failed, and ends with one total. A suite that passed
# before with the same program, fixtures and (where it runs them) programs of the chapters is not run again.
# Threads that wait sleep instead of spinning: on busy cores spinning costs a minute where this costs a second.
export OMP_WAIT_POLICY="${OMP_WAIT_POLICY:-passive}"
export LSAN_OPTIONS="${LSAN_OPTIONS:-suppressions=$(cd "$(dirname "$0")" && pwd)/lsan.txt:print_suppressions=0}"

run() { # one suite; Check's summary: "87%: Checks: 8, Failures: 1, Errors: 0"
    test=$1 log="$1.log"
    CK_DEFAULT_TIMEOUT="${CK_DEFAULT_TIMEOUT:-120}" "$test" >"$log" 2>&1
    status=$?
    line=$(grep -E '^[0-9]+%: Checks: ' "$log" | tail -n 1)
    if [ -z "$line" ]; then
        echo "FAIL $test: ended with status $status and without a summary"
        tail -n 20 "$log"
        exit 1
    fi
    case "$status $line" in
    "0 100%: Checks: 0,"*) echo "FAIL $test: no checks" && exit 1 ;;
    "0 100%: "*) echo "$(basename "$test"): $line" ;;
    *) cat "$log" && echo "$(basename "$test"): $line" && exit 1 ;;
    esac
}
if [ "$1" = --one ]; then
    run "$2"
    exit 0
fi

checks=0 failed=0
for test in "$@"; do
    needs="$test common/tests/fixtures"
    case $test in
    */programs/*) needs="$needs ch*/*.c common/*/*.c common/*/*.h common/text" ;;
    *grade*) needs="$needs common/grade ch*/exercises" ;;
    */tools/*) needs="$needs build/tools common/tools" ;;
    */model/* | */world/* | */text/* | */tokenizer/*) needs="$needs common/text ch05/models" ;;
    esac
    # shellcheck disable=SC2086
    "$(dirname "$0")/unless_passed.sh" "$(basename "$test")${MODE:+.$MODE}" $needs -- "$0" --one "$test" || failed=$((failed + 1))
    checks=$((checks + $(grep -hoE '^[0-9]+%: Checks: [0-9]+' "$test.log" | tail -n 1 | grep -oE '[0-9]+$' || echo 0)))
done
echo "unit tests: $((${#} - failed)) suites with $checks checks passed, $failed failed"
[ "$failed" -eq 0 ]
