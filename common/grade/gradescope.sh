#!/bin/sh
# gradescope.sh ZIP GRADE [ASSIGNMENT [PARTIAL]] -- packs this repository as an autograder for Gradescope:
# upload the file as it is. setup.sh installs the packages and builds; run_autograder grades
# /autograder/submission. GRADE is the grader, which writes the skeletons.
set -eu
zip="${1:?gradescope.sh ZIP GRADE}" grade="$2" assignment="${3:-}" partial="${4:-}"
common/grade/uncommitted.sh gradescope
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$(dirname "$zip")" "$work/book"
zip=$(cd "$(dirname "$zip")" && pwd)/$(basename "$zip")

git ls-files -z | grep -zvE '^ch[0-9]+/exercises/(ex[0-9]|solutions/|mutants/)|^common/grade/attacks/' |
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
END
cat >"$work/run_autograder" <<END
#!/bin/sh
# Nothing of an earlier run may be taken for this one's.
rm -rf /tmp/graded
mkdir -p /autograder/results
cd /autograder/source/book && make -s grade SUBMISSION=/autograder/submission OUT=/tmp/graded PARTIAL=$partial
if [ -f /tmp/graded/gradescope/results.json ]; then
    cp /tmp/graded/gradescope/results.json /autograder/results/results.json
else
    echo '{"score": 0, "output": "The autograder failed; your teacher has to look at it."}' >/autograder/results/results.json
fi
END
chmod +x "$work/setup.sh" "$work/run_autograder"
rm -f "$zip"
(cd "$work" && python3 -m zipfile -c "$zip" setup.sh run_autograder book)
echo "$zip: upload it as the autograder; it gives $(du -k "$zip" | cut -f1) KB of pristine checks"
