#!/bin/sh
# bench.sh BENCH -- the speed tables: our training step in float32 and bf16 beside PyTorch's, as installed and with
# glibc told to keep its memory (the fair peer: as installed it mostly waits for the system to clear pages), beside
# llm.c's, whose built checkout LLMC names, and beside its matrix products alone by OpenBLAS, in turn, in one run; then
# how fast a model reads and writes.
bench=$1
here=$(dirname "$0")

for name in OPENBLAS_CORETYPE OPENBLAS_L2_SIZE OPENBLAS_NUM_THREADS OMP_NUM_THREADS; do
    eval "value=\${$name:-}"
    [ -z "$value" ] || echo "note: $name=$value is set, and may slow the matrix products"
done
python= torch=
for candidate in python3 /usr/bin/python3; do # the distribution's may not be the first in the path
    [ -n "$torch" ] || { python=$candidate && torch=$($candidate -c 'import torch; print(torch.__version__)' 2>/dev/null); }
done
rate=$("$bench" sgemm)
echo "sgemm: $rate GFLOP/s; PyTorch: ${torch:-not here (apt-get install python3-torch)}"

# time_to NAME OPTIONS...: trains the small model of chapter 5 (4 layers, 4 heads, 128 channels, batch 12, T 64) on the
# characters of Shakespeare until its held-out loss is 1.88, and says how long the steps took.
time_to() {
    name=$1
    shift
    folder=$(mktemp -d)
    ./ch05/pretrain_gpt --sample 0 --eval-every 25 --out "$folder" "$@" >/dev/null 2>&1
    awk -v name="$name" '
        { step = $0; sub(/.*"step": /, "", step); step += 0 }
        /"tokens_per_second"/ { rate = $0; sub(/.*"tokens_per_second": /, "", rate); seconds += 12 * 64 / (rate + 0) }
        /"val"/ { val = $0; sub(/.*"val": /, "", val)
                  if (val + 0 <= 1.88) { printf "%-38s %9.1f s, %d steps\n", name, seconds, step; found = 1; exit } }
        END { if (!found) printf "%-38s not reached\n", name }' "$folder/log.jsonl"
    rm -r "$folder"
}
echo
echo "held-out loss 1.88 (Shakespeare's characters; 4 layers, 4 heads, 128; B 12, T 64)"
time_to "modern recipe" --form llama --qk-norm --optimizer muon --lr 3e-3 --muon-lr 1e-2 --steps 325 --warmup 30
time_to "gpt2, AdamW" --steps 2000
if [ -z "${LLMC:-}" ]; then
    echo "llm.c: skipped; LLMC=FOLDER names a checkout with train_gpt2 built and gpt2_124M.bin beside it"
elif [ ! -x "$LLMC/train_gpt2" ] || [ ! -f "$LLMC/gpt2_124M.bin" ]; then
    echo "llm.c: skipped; $LLMC lacks train_gpt2 (make train_gpt2) or gpt2_124M.bin (its README's starter pack)"
    LLMC=
fi
echo
printf '%-38s %9s %6s %9s %9s %6s %9s %9s %7s %8s %8s %7s\n' \
    "training step, ms" ours bf16 torch tuned ratio llm.c sgemm "of rate" "ours, MB" "torch MB" faults

# PyTorch with memory that glibc keeps.
tuned() {
    MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=100000000000 MALLOC_TOP_PAD_=67108864 "$@"
}

# The median step of llm.c, which trains GPT-2 124M with B 4, T 64 when it is started.
llmc_step() {
    (cd "$LLMC" && timeout 120 ./train_gpt2) | sed -n 's/^step .*(took \([0-9.]*\) ms).*/\1/p' | sort -n |
        awk '{ v[NR] = $1 } END { print NR ? v[int((NR + 1) / 2)] : "-" }'
}

# row NAME LAYERS HEADS CHANNELS BATCH TIME VOCAB WITH_TORCH
row() {
    name=$1 torch_wanted=$8 llmc=-
    shift
    # shellcheck disable=SC2046
    set -- "$1" "$2" "$3" "$4" "$5" "$6" $("$bench" step "$1" "$2" "$3" "$4" "$5" "$6")
    products=$("$bench" limit "$1" "$2" "$3" "$4" "$5" "$6")
    other="- -" kept="- -"
    if [ -n "$torch" ] && [ "$torch_wanted" = yes ]; then
        other=$("$python" "$here/bench_torch.py" "$1" "$2" "$3" "$4" "$5" "$6")
        kept=$(tuned "$python" "$here/bench_torch.py" "$1" "$2" "$3" "$4" "$5" "$6")
    fi
    [ -z "${LLMC:-}" ] || [ "$3 $4 $5" != "768 4 64" ] || llmc=$(llmc_step)
    echo "$name|$*|$other|$rate|$products|$kept|$llmc" | awk -F'|' '{
        split($2, a, " "); split($3, o, " "); split($6, k, " ")
        L = a[1]; C = a[3]; tokens = a[4] * a[5]; T = a[5]; V = a[6]
        flops = 6 * tokens * (12 * L * C * C + V * C) + 6 * tokens * L * 2 * (T + 1) / 2 * C # causal: half of T x T
        share = flops / (a[7] / 1000) / ($4 * 1e9)
        ratio = k[1] == "-" ? "-" : sprintf("%.1fx", k[1] / a[7])
        printf "%-38s %9.1f %6.2f %9s %9s %6s %9s %9s %6.0f%% %8.0f %8s %7.2f\n", $1, a[7], a[10] / a[7], o[1], k[1],
            ratio, $7, $5, 100 * share, a[8], k[2], a[9] }'
}

row "4 layers, 4 heads, 128; B 12, T 64" 4 4 128 12 64 65 yes
row "6 layers, 6 heads, 384; B 16, T 256" 6 6 384 16 256 65 yes
row "GPT-2 124M; B 4, T 64" 12 12 768 4 64 50257 yes
row "GPT-2 124M; B 1, T 1024" 12 12 768 1 1024 50257 yes
echo
for T in 64 128 256 512 1024 2048; do
    row "growth with T: 4 layers, 128; T $T" 4 4 128 $((4096 / T > 0 ? 4096 / T : 1)) "$T" 65 no
done
for C in 64 128 256 512; do
    row "growth with size: 4 layers, $C; T 64" 4 4 "$C" 12 64 65 no
done
echo
# tune NAME MODEL WHAT BATCH TIME [DIR]
tune() {
    # shellcheck disable=SC2046,SC2183
    printf '%-38s %9.0f ms %8.0f MB; %.0f million weights, %.1f million trained\n' "$1" \
        $("$(dirname "$bench")/bench_train" "$2" "$3" "$4" "$5" ${6:+"$6"})
}
echo "a step of fine-tuning, B 1, T 256"
tune "GPT-2 124M, all weights" gpt2 full 1 256
tune "GPT-2 124M, all weights, Muon" gpt2 muon 1 256
tune "GPT-2 124M, LoRA of rank 8" gpt2 lora 1 256
tune "Qwen2 0.5B, all weights" qwen2 full 1 256
tune "Qwen2 0.5B, LoRA of rank 8" qwen2 lora 1 256
folder=$(mktemp -d) # saved, read back, with an output layer of two classes
for model in gpt2 qwen2; do
    tune "$model, classifier, all weights" $model full 1 256 "$folder/$model"
    tune "$model, classifier, LoRA of rank 8" $model lora 1 256 "$folder/$model"
done
rm -r "$folder"
echo
echo "a training step on busy processors, and on one thread (the first row again)"
"$here/bench_busy.sh" "$bench"
echo
echo "GPT-2 124M, random weights; of one text the last figures: bytes of weights read, and the share of what memory gives"
"$(dirname "$bench")/bench_infer" --write 1000 --rounds 2 | head -n 3
"$(dirname "$bench")/bench_infer" --write 64
# The last row again by llama.cpp, where LLAMACPP names its llama-batched-bench and LLAMACPP_MODEL a GPT-2 124M in Q8_0.
if [ -z "${LLAMACPP:-}" ] || [ -z "${LLAMACPP_MODEL:-}" ]; then
    echo "llama.cpp: skipped; LLAMACPP=PROGRAM names its llama-batched-bench, LLAMACPP_MODEL=FILE a GPT-2 124M in Q8_0"
else
    "$LLAMACPP" -m "$LLAMACPP_MODEL" -c 9600 -b 2048 -npp 64 -ntg 10 -npl 1,32,128 -t "$(nproc)" 2>/dev/null |
        awk -F'|' '$4 + 0 > 0 { row = row sprintf("  %d: %.0f tok/s", $4, $9) }
            END { print "llama.cpp, each of 64 tokens:       " (row ? row : "  no figures") }'
fi
