#!/bin/sh
# gradescope.sh ZIP GRADE [ASSIGNMENT [PARTIAL [UNOFFICIAL]]] -- packs this repository as an autograder for
# Gradescope: upload the file as it is. setup.sh installs the packages, builds, and removes what holds an
# answer; run_autograder grades /autograder/submission. GRADE is the grader, which writes the skeletons.
#
# No solution is in the archive. The hidden checks are, as source, until setup.sh has compiled them. A
# container in which only the lowest tier of the sandbox works gives no score, unless UNOFFICIAL is set.
set -eu
zip="${1:?gradescope.sh ZIP GRADE}" grade="$2" assignment="${3:-}" partial="${4:-}" unofficial="${5:-}"
common/grade/uncommitted.sh gradescope
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$(dirname "$zip")" "$work/book"
zip=$(cd "$(dirname "$zip")" && pwd)/$(basename "$zip")

git ls-files -z | grep -zvE '^ch[0-9]+/exercises/(ex[0-9]|solutions/|mutants/)|^common/grade/(attacks|honest)/' |
    tar --create --null --files-from=- | tar --extract --directory "$work/book"
"$grade" skeletons --out "$work/book" --assignment "$assignment"
[ -z "$assignment" ] || printf '%s\n' "$assignment" >"$work/book/assignment.txt"
cat >"$work/setup.sh" <<'END'
#!/bin/sh
set -eu
apt-get update -qq
apt-get install -y -qq git make
cd /autograder/source/book
make deps
make grader
# From here on students' files are compiled beside it: no answer may be left that a file could include.
rm -rf ch*/exercises/check_* ch*/exercises/*.packed build/obj/ch* build/grade/ch*/drive.* .git
chmod 700 build/grade/ch*/judge
chown -R root:root . && chmod -R go-w .
END
cat >"$work/run_autograder" <<END
#!/bin/sh
# Grades without make, which would miss the checks that setup.sh removed. Status 1: graded, but in the lowest tier.
# Nothing of an earlier run may be taken for this one's.
rm -rf /tmp/graded
mkdir -p /autograder/results
cd /autograder/source/book || exit 1
build/grade/grade submission --build build --submission /autograder/submission --out /tmp/graded ${partial:+--partial}
status=\$?
result=/tmp/graded/gradescope/results.json
say() { printf '{"score": 0, "output": "%s"}\n' "\$1" >/autograder/results/results.json; }
if [ -f \$result ] && [ \$status -le ${unofficial:-0} ]; then # 1 is accepted with UNOFFICIAL alone
    cp \$result /autograder/results/results.json
elif [ \$status -eq 1 ]; then
    say "No score was given: in this container neither bubblewrap nor namespaces work, so that the grade would not be official. Teacher: see Gradescope in common/grade/README.md."
else
    say "The autograder failed; your teacher has to look at it."
fi
END
chmod +x "$work/setup.sh" "$work/run_autograder"
rm -f "$zip"
(cd "$work" && python3 -m zipfile -c "$zip" setup.sh run_autograder book)
echo "$zip: upload it as the autograder; it gives $(du -k "$zip" | cut -f1) KB of pristine checks"
