#!/bin/sh
# reference.sh -- asks Hugging Face's library in Rust, which an npm package brings, again: whether reference.json still
# says what it says. Exits with 77, and the reason, where that cannot be had.
folder=build/npm
command -v node >/dev/null && command -v npm >/dev/null || {
    echo "there is no node and npm"
    exit 77
}
mkdir -p $folder
[ -d $folder/node_modules/tokenizers ] ||
    (cd $folder && timeout 60 npm install --no-fund --no-audit tokenizers@0.23.2) >$folder/log 2>&1 || {
    echo "npm cannot install tokenizers@0.23.2"
    exit 77
}
cp common/tests/fixtures/tokenizer/make_reference.mjs $folder/ && cd $folder || exit 1
node make_reference.mjs >reference.json && cmp reference.json ../../common/tests/fixtures/tokenizer/reference.json
