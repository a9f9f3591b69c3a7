#!/usr/bin/env bash
# Trains the base models of the book, in almost two hours on two cores. Stopped, both go on where they were when this is
# run again, as long as the book's text is the same; `rm -r ch05/out/book_gpt ch05/out/book_bert` makes them begin
# anew. The models' README.md say what came of it.
set -eu
cd "$(dirname "$0")/../.."
corpus=build/base gpt=ch05/out/book_gpt bert=ch05/out/book_bert
mkdir -p $corpus
build/tools/base_corpus --book book > $corpus/documents.txt
build/tools/base_corpus --book book --lines > $corpus/lines.txt

resume=
[ -f $gpt/training.safetensors ] && resume=--resume
./ch05/pretrain_gpt --corpus $corpus/documents.txt --tokenizer bpe --vocab 4096 --apart '\p{Han}' --pack --align --half \
    --layers 4 --heads 8 --channels 256 --context 256 --batch 16 --steps 11000 --warmup 200 --lr 2e-3 --min-lr 1e-4 \
    --eval-every 500 --sample 300 --out $gpt $resume
resume=
[ -f $bert/training.safetensors ] && resume=--resume
./ch05/pretrain_bert --corpus $corpus/lines.txt --vocab 4000 --masked 0.3 --half \
    --layers 4 --heads 6 --channels 192 --context 128 --batch 32 --steps 7000 --warmup 500 --lr 1.5e-3 \
    --eval-every 500 --out $bert $resume

for model in $gpt $bert; do
    cp $model/{config.json,tokenizer.json,model.safetensors} ch05/models/"$(basename $model)"
done
