#!/bin/sh
# unless_passed.sh NAME FILE... -- CMD... : runs CMD, unless it passed before with the same contents of FILEs (a folder
# stands for all files in it). What passed is noted in build/passed; `make test ALL=1` forgets it.
name=$1
stamp="${OUT:-build}/passed/$name"
shift
files=""
while [ "$1" != -- ]; do
    files="$files $1"
    shift
done
shift
# shellcheck disable=SC2086
now=$(find $files -type f -print0 2>/dev/null | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum)
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$now" ]; then
    echo "$name: passed before, and nothing has changed"
    exit 0
fi
"$@" || exit
mkdir -p "$(dirname "$stamp")"
echo "$now" >"$stamp"
