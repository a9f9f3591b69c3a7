#!/usr/bin/env bash
# models_resume.sh -- kills ch05/models/train.sh and ch06/models/train.sh again and again, in all their stages, and expects the
# models of a run that nobody disturbed: the same bytes. Small settings, under a minute or two.
set -eu
cd "$(dirname "$0")/../.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

train() {
    ch05/models/train.sh --tiny "$1" && ch06/models/train.sh --tiny "$1"
}
export -f train
train "$folder/whole" > "$folder/whole.log"

# Each run may work a little longer than the last, so that a kill falls into every stage.
kills=0
for tenths in 1 2 3 4 6 8 10 13 16 20 24 28 32 36 40 50 60 80 100 130 160 200 250 300 400 600; do
    setsid bash -c 'train "$0"' "$folder/killed" > "$folder/killed.log" 2>&1 &
    run=$!
    for ((i = 0; i < tenths; i++)); do
        sleep 0.1
        kill -0 $run 2> /dev/null || break
    done
    if kill -0 $run 2> /dev/null; then
        kill -KILL -- -$run
        kills=$((kills + 1))
        wait $run 2> /dev/null || true
    elif wait $run; then
        break
    else
        cat "$folder/killed.log"
        exit 1
    fi
done
train "$folder/killed" > "$folder/again.log"
for file in corpus/documents.txt corpus/lines.txt {gpt,more,bert}/{config.json,tokenizer.json,model.safetensors} \
    installed/book_{gpt,bert}/{config.json,tokenizer.json,model.safetensors} card/card.md \
    installed/book_chat/{config.json,tokenizer.json,tokenizer_config.json,model.safetensors,card.md}; do
    cmp "$folder/whole/$file" "$folder/killed/$file"
done
grep 'done before' "$folder/again.log"
[ "$(grep -c 'done before' "$folder/again.log")" = 9 ]
find "$folder/killed" -name '*.part' | { ! grep .; }
echo "killed $kills times, and the models are the same"
[ "$kills" -ge 5 ]
