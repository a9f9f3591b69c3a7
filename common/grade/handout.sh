#!/bin/sh
# handout.sh DIR GRADE -- writes a student repository: the tracked files without solutions,
# mutants, hidden checks and attacks, every exercise back at its skeleton. GRADE is the grader.
set -eu
out="${1:-}" grade="$2"
[ -n "$out" ] || { echo "handout: OUT is empty; write make handout OUT=DIR" >&2; exit 2; }
[ ! -e "$out" ] || [ -z "$(ls -A "$out")" ] || { echo "handout: $out is not empty" >&2; exit 2; }
mkdir -p "$out"
out=$(cd "$out" && pwd)

git ls-files -z | grep -zvE '^ch[0-9]+/exercises/(solutions/|mutants/|check_ch[0-9]+_hidden\.c)|^common/grade/attacks/' |
    tar --create --null --files-from=- | tar --extract --directory "$out"
"$grade" skeletons --out "$out"

# Nothing of a solution may be left: not its folder, not its marker in an exercise.
if find "$out" -path '*/exercises/*' \( -path '*/solutions/*' -o -path '*/mutants/*' -o -name '*_hidden.c' \) | grep -q . ||
    grep -l 'BEGIN SOLUTION' "$out"/ch*/exercises/*.c; then
    echo "handout: a solution is left in $out" >&2
    exit 1
fi
echo "$out: a student repository with $(ls "$out"/ch*/exercises/ex*.c | wc -l) exercises; try: cd $out && make status"
