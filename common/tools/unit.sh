#!/bin/sh
# unit.sh TEST... -- runs Check suites one after another, shows what failed, and ends with one total.
# Threads that wait sleep instead of spinning: on busy cores spinning costs a minute where this costs a second.
export OMP_WAIT_POLICY="${OMP_WAIT_POLICY:-passive}"
export LSAN_OPTIONS="${LSAN_OPTIONS:-suppressions=$(cd "$(dirname "$0")" && pwd)/lsan.txt:print_suppressions=0}"
passed=0 failed=0
for test in "$@"; do
    log="$test.log"
    CK_DEFAULT_TIMEOUT="${CK_DEFAULT_TIMEOUT:-120}" "$test" >"$log" 2>&1
    status=$?
    # Check's summary: "87%: Checks: 8, Failures: 1, Errors: 0"
    line=$(grep -E '^[0-9]+%: Checks: ' "$log" | tail -n 1)
    if [ -z "$line" ]; then
        echo "FAIL $test: ended with status $status and without a summary"
        tail -n 20 "$log"
        failed=$((failed + 1))
        continue
    fi
    checks=$(echo "$line" | sed -E 's/.*Checks: ([0-9]+),.*/\1/')
    failures=$(echo "$line" | sed -E 's/.*Failures: ([0-9]+),.*/\1/')
    errors=$(echo "$line" | sed -E 's/.*Errors: ([0-9]+).*/\1/')
    bad=$((failures + errors))
    [ "$checks" -gt 0 ] || bad=1
    [ "$status" -eq 0 ] || [ "$bad" -gt 0 ] || bad=1
    [ "$bad" -eq 0 ] || cat "$log"
    echo "$(basename "$test"): $line"
    passed=$((passed + checks - bad))
    failed=$((failed + bad))
done
echo "unit tests: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
