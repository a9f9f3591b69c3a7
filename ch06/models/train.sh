#!/usr/bin/env bash
# Trains book_chat from book_gpt, in about a quarter of an hour on two idle cores: instruction tuning, the folder that readers
# get (16 bits a weight), the report card of both. Stopped or killed anywhere, it goes on where it was when it is run
# again, and says how long each stage took. A stage whose settings change, or whose base model does, is done anew.
#
#     ch06/models/train.sh              what make models does; works in build/models, installs in ch06/models
#     ch06/models/train.sh --tiny DIR   all of it small, from what ch05/models/train.sh --tiny DIR has made: for the test
set -euo pipefail
cd "$(dirname "$0")/../.."
work=build/models installed=ch06/models base=ch05/models/book_gpt questions=400
settings="--conversations 20000 --context 512 --batch 16 --steps 200 --lr 1e-3 --warmup 20 --precision bf16 --n 100"
if [ "${1:-}" = --tiny ]; then
    work=$2 installed=$2/installed base=$2/installed/book_gpt questions=2
    settings="--conversations 400 --context 128 --batch 4 --steps 120 --lr 1e-3 --warmup 5 --n 2"
fi
mkdir -p "$work" "$installed/book_chat"

. common/tools/stages.sh

# What it prints is kept from the run that came to the end.
chat() {
    # shellcheck disable=SC2046,SC2086
    ./ch06/instruct_tune --model "$base" $settings --out "$work/chat/model" \
        $([ ! -f "$work/chat/model/training.safetensors" ] || echo --resume) | whole "$work/chat/log.txt"
}

install_chat() {
    local name
    for name in config.json tokenizer.json tokenizer_config.json model.safetensors; do
        whole "$installed/book_chat/$name" < "$work/chat/model/$name"
    done
    { sed -n '/right answers (%)/,/  reviews/p' "$work/chat/log.txt"; sed -n '/^unseen/,$p' "$work/chat/log.txt"; } |
        whole "$installed/book_chat/answers.txt"
}

# Beside the base model's column.
card_chat() {
    ./ch05/report_card --model "$base" --model "$installed/book_chat" --count $questions \
        --json "$work/card_chat/card.json" | whole "$work/card_chat/card.md"
    whole "$installed/book_chat/card.md" < "$work/card_chat/card.md"
    whole "$installed/book_chat/card.json" < "$work/card_chat/card.json"
}

stage chat "$settings of $(cksum < "$base/model.safetensors")"
stage install_chat "$(cksum < "$work/chat/model/model.safetensors")"
stage card_chat "$questions of $(cksum < "$installed/book_chat/model.safetensors")"
grep -A 20 'right answers' "$work/chat/log.txt"
