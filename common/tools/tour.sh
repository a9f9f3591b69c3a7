#!/bin/sh
# tour.sh -- what the repository does, in two minutes: attention, then a GPT that learns to write.
set -e
say() { printf '\n== %s\n\n' "$1"; }

say "1. Attention, chapter 3: every word looks at the words before it  (./ch03/mha_demo)"
./ch03/mha_demo

say "2. A GPT learns Shakespeare, character by character  (./ch05/pretrain_gpt --steps 1500)"
./ch05/pretrain_gpt --steps 1500 --out ch05/out/tour

say "3. It goes on from your words  (./ch05/generate --model ch05/out/tour --prompt 'ROMEO:')"
./ch05/generate --model ch05/out/tour --prompt 'ROMEO:' -n 300 --seed 3

say "Pictures and the model"
ls ch03/out/*.svg ch05/out/tour/*
