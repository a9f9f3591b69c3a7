#!/bin/sh
# book_pdf.sh EDITION PAGE PDF -- prints the whole book, one page of HTML, with a browser, where one is installed.
# A Chinese edition needs a font that has its characters.
edition=$1 page=$2 pdf=$3

browser=
for name in chromium chromium-browser google-chrome; do
    [ -n "$browser" ] || browser=$(command -v $name)
done
if [ -z "$browser" ] || { [ "$edition" = zh ] && [ -z "$(fc-list :lang=zh-cn family 2>/dev/null)" ]; }; then
    echo "no $(basename "$pdf"): it needs chromium and a Chinese font, which make deps-book installs"
    exit 0
fi
profile=$(mktemp -d)
trap 'rm -rf "$profile"' EXIT
"$browser" --headless --no-sandbox --disable-gpu --disable-background-networking --disable-component-update \
    --disable-sync --user-data-dir="$profile" --no-pdf-header-footer --virtual-time-budget=20000 \
    --print-to-pdf="$pdf" "file://$(realpath "$page")" >"$profile/log" 2>&1
[ -s "$pdf" ] || { cat "$profile/log" >&2 && exit 1; }
