#!/bin/sh
# handout.sh DIR GRADE [ASSIGNMENT] -- writes a student repository: the tracked files without solutions,
# mutants, hidden checks and attacks, every exercise back at its skeleton. GRADE is the grader.
# With an ASSIGNMENT ("ch03/ex1 ch03/ex2:15") it holds these exercises, for these points.
set -eu
out="${1:-}" grade="$2" assignment="${3:-}"
[ -n "$out" ] || { echo "handout: OUT is empty; write make handout OUT=DIR" >&2; exit 2; }
[ ! -e "$out" ] || [ -z "$(ls -A "$out")" ] || { echo "handout: $out is not empty" >&2; exit 2; }
common/grade/uncommitted.sh handout
mkdir -p "$out"
out=$(cd "$out" && pwd)

git ls-files -z | grep -zvE '^ch[0-9]+/exercises/(ex[0-9]|solutions/|mutants/|check_ch[0-9]+_hidden\.c)|^common/grade/(attacks|honest)/' |
    tar --create --null --files-from=- | tar --extract --directory "$out"
"$grade" skeletons --out "$out" --assignment "$assignment"
[ -z "$assignment" ] || printf '%s\n' "$assignment" >"$out/assignment.txt"

# The visible checks hold the reference: it is packed, so that nobody meets it by opening a file. Who
# unpacks it can read it; what must not be known is in the hidden checks, which are not here.
for check in "$out"/ch*/exercises/check_ch*.c; do
    if grep -q '^#ifdef GRADE_WORKER' "$check"; then
        gzip -9nc "$check" | base64 >"${check%.c}_tests.packed"
        sed '/^#else$/,$d' "$check" >"$check.drivers" # what calls the learner's code has no answer in it
        echo '#endif' >>"$check.drivers"
        mv "$check.drivers" "$check"
    else
        gzip -9nc "$check" | base64 >"${check%.c}.packed"
        rm "$check"
    fi
done

# Nothing of a solution may be left: not its folder, not its marker in an exercise, no reference.
if find "$out" -path '*/exercises/*' \( -path '*/solutions/*' -o -path '*/mutants/*' -o -name '*_hidden.c' \) | grep -q . ||
    grep -l 'BEGIN SOLUTION' "$out"/ch*/exercises/*.c || grep -l 'START_TEST\|GradeCause' "$out"/ch*/exercises/*.c; then
    echo "handout: a solution is left in $out" >&2
    exit 1
fi
echo "$out: a student repository with $(ls "$out"/ch*/exercises/ex*.c | wc -l) exercises; try: cd $out && make status"
