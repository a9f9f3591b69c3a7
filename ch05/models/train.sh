#!/usr/bin/env bash
# Trains the base models of the book, in about five hours on two cores: corpus, book_gpt, book_bert, the folders that
# readers get (16 bits a weight), report card. Stopped or killed anywhere, it goes on where it was when it is run again,
# and says how long each stage took, the time of killed runs included. A stage whose settings change is done anew.
#
#     ch05/models/train.sh              what make models does; works in build/models, installs in ch05/models
#     ch05/models/train.sh --tiny DIR   all of it small, in DIR alone: for the test of this script
#
# The corpus is made once, so that a change of the book's text does not end a training; rm -r build/models begins anew.
# Each tokenizer is learnt at the start of its training, which then saves a first checkpoint.
set -eu
cd "$(dirname "$0")/../.."
work=build/models installed=ch05/models share=1 questions=400 save=50
gpt_size="--vocab 4096 --layers 6 --heads 8 --channels 256 --context 512 --batch 16 --warmup 200 --eval-every 200"
gpt_steps="--steps 3400 --decay 1500" more_steps="--steps 6000 --decay 2600"
bert_size="--vocab 4000 --layers 4 --heads 6 --channels 192 --context 192 --batch 32 --steps 7000 --warmup 500 --eval-every 500"
if [ "${1:-}" = --tiny ]; then
    work=$2 installed=$2/installed share=0.002 questions=2 save=5
    gpt_size="--vocab 512 --layers 1 --heads 2 --channels 32 --context 128 --batch 4 --warmup 5 --eval-every 20"
    gpt_steps="--steps 40 --decay 20" more_steps="--steps 60 --decay 20"
    bert_size="--vocab 1600 --layers 1 --heads 2 --channels 32 --context 64 --batch 4 --steps 60 --warmup 5 --eval-every 20"
fi
mkdir -p "$work" "$installed"

. common/tools/stages.sh

corpus() {
    build/tools/base_corpus --book book --share $share | whole "$work/corpus/documents.txt"
    build/tools/base_corpus --book book --share $share --lines | whole "$work/corpus/lines.txt"
}

# --resume, where a checkpoint is.
resume() {
    [ ! -f "$work/$1/training.safetensors" ] || echo --resume
}

# pretrain NAME STEPS: the decoder, in $work/NAME.
pretrain() {
    # shellcheck disable=SC2046,SC2086
    ./ch05/pretrain_gpt --corpus "$work/corpus/documents.txt" --tokenizer bpe --apart '\p{Han}|\d' --pack --align \
        --document-mask --form llama --qk-norm $gpt_size $2 --optimizer muon --lr 3e-3 --muon-lr 1e-2 --min-lr 1e-4 \
        --schedule stable-decay --precision bf16 --half --eval-batches 8 --save-every $save --sample 0 \
        --out "$work/$1" $(resume "$1")
}

gpt() {
    pretrain gpt "$gpt_steps"
}

# From the end of gpt, the learning rate at its maximum once more, and a second fall.
more() {
    local name
    if [ ! -f "$work/more/training.safetensors" ]; then
        for name in config.json tokenizer.json log.jsonl model.safetensors training.safetensors; do
            whole "$work/more/$name" < "$work/gpt/$name"
        done
    fi
    pretrain more "$more_steps"
}

bert() {
    # shellcheck disable=SC2046,SC2086
    ./ch05/pretrain_bert --corpus "$work/corpus/lines.txt" $bert_size --masked 0.3 --lr 1.5e-3 --half \
        --save-every $save --out "$work/bert" $(resume bert)
}

install() {
    local model name
    local -A from=([gpt]=more [bert]=bert)
    for model in gpt bert; do
        mkdir -p "$installed/book_$model"
        for name in config.json tokenizer.json model.safetensors; do
            whole "$installed/book_$model/$name" < "$work/${from[$model]}/$name"
        done
    done
}

# Beside the card that was kept, which it replaces.
card() {
    local kept=$installed/book_gpt/card
    ./ch05/report_card --model "$installed/book_gpt" --count $questions --json "$work/card/card.json" \
        $([ ! -f "$kept.json" ] || echo --against "$kept.json") | whole "$work/card/card.md"
    whole "$kept.md" < "$work/card/card.md"
    whole "$kept.json" < "$work/card/card.json"
}

stage corpus "share $share"
stage gpt "$gpt_size $gpt_steps"
stage more "$gpt_size $gpt_steps, then $more_steps"
stage bert "$bert_size"
models=$(cksum "$work"/{more,bert}/model.safetensors)
stage install "${models//$'\n'/ }"
stage card "$questions of ${models//$'\n'/ }"
grep -E '^(worse|Missed|[0-9]+ of)' "$work/card/card.md"
! grep -q '^worse' "$work/card/card.md"
