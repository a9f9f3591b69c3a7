#!/bin/sh
# unit.sh TEST... -- runs Check suites, as many at once as there are processors (JOBS=N: another number), shows what
# failed, and ends with one total. A suite that passed before with the same program, fixtures and (where it runs them)
# programs of the chapters is not run again.
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

run_if_changed() { # what it says comes at once, so that suites side by side do not mix
    test=$1 needs="$1 common/tests/fixtures"
    case $test in
    */programs/*) needs="$needs ch*/*.c ch04/cluster common/*/*.c common/*/*.h common/text" ;;
    *grade*) needs="$needs common/grade ch*/exercises" ;;
    */tools/*) needs="$needs build/tools common/tools" ;;
    */model/* | */world/* | */text/* | */tokenizer/*) needs="$needs common/text ch05/models" ;;
    esac
    # shellcheck disable=SC2086
    said=$("$(dirname "$0")/unless_passed.sh" "$(basename "$test")${MODE:+.$MODE}" $needs -- "$0" --one "$test" 2>&1)
    status=$?
    printf '%s\n' "$said"
    [ "$status" -eq 0 ] || echo "$test" >>"$failures"
}

case $1 in
--one) run "$2" && exit ;;
--if-changed) run_if_changed "$2" && exit ;;
esac

failures=$(mktemp)
export failures
jobs=${JOBS:-$(getconf _NPROCESSORS_ONLN)}
# Side by side one thread each is the faster division; what is said of threads sets their number.
[ "$jobs" -le 1 ] || export OMP_NUM_THREADS="${OMP_NUM_THREADS:-1}"
long=$(printf '%s\n' "$@" | grep -E '/(test_pretrain|test_programs|test_grade|test_attacks)$') # these begin
short=$(printf '%s\n' "$@" | grep -vE '/(test_pretrain|test_programs|test_grade|test_attacks)$')
printf '%s\n' $long $short | xargs -P "$jobs" -n 1 "$0" --if-changed
checks=0
for test in "$@"; do
    checks=$((checks + $(grep -hoE '^[0-9]+%: Checks: [0-9]+' "$test.log" 2>/dev/null | tail -n 1 | grep -oE '[0-9]+$' || echo 0)))
done
failed=$(wc -l <"$failures")
rm -f "$failures"
echo "unit tests: $((${#} - failed)) suites with $checks checks passed, $((failed)) failed"
[ "$failed" -eq 0 ]
