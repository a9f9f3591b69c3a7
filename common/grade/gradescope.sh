#!/bin/sh
# gradescope.sh ZIP -- packs this repository as an autograder for Gradescope: upload the file as it is.
# setup.sh installs the packages and builds; run_autograder grades /autograder/submission.
set -eu
zip="${1:?gradescope.sh ZIP}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$(dirname "$zip")" "$work/book"
zip=$(cd "$(dirname "$zip")" && pwd)/$(basename "$zip")

git ls-files -z | grep -zvE '^ch[0-9]+/exercises/mutants/|^common/grade/attacks/' |
    tar --create --null --files-from=- | tar --extract --directory "$work/book"
cat >"$work/setup.sh" <<'EOF'
#!/bin/sh
set -eu
apt-get update -qq
apt-get install -y -qq git make
cd /autograder/source/book
make deps
make grader
EOF
cat >"$work/run_autograder" <<'EOF'
#!/bin/sh
cd /autograder/source/book || exit 1
make grade SUBMISSION=/autograder/submission OUT=/tmp/graded
mkdir -p /autograder/results
cp /tmp/graded/gradescope/results.json /autograder/results/results.json
EOF
chmod +x "$work/setup.sh" "$work/run_autograder"
rm -f "$zip"
(cd "$work" && python3 -m zipfile -c "$zip" setup.sh run_autograder book)
echo "$zip: upload it as the autograder; it gives $(du -k "$zip" | cut -f1) KB of pristine checks"
