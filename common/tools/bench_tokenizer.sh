#!/bin/sh
# bench_tokenizer.sh BENCH -- the speed of the tokenizers on the built-in corpus, beside SentencePiece's in turn.
bench=$1
corpus=common/text/tinyshakespeare.txt
vocab=4096
size=$(wc -c <$corpus)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

seconds() { # of the fastest of three runs of a command
    for _ in 1 2 3; do
        start=$(date +%s%N)
        "$@" >"$folder/out" 2>/dev/null
        echo $(($(date +%s%N) - start))
    done | sort -n | awk 'NR == 1 { print $1 / 1e9 }'
}

# SentencePiece learns BPE over characters, and its words never hold a blank: not quite the same work.
printf '%-40s %9s %9s %10s %10s %8s\n' "tokenizer, $vocab from $((size / 1000)) kB" "learn, s" "SP, s" "enc, MB/s" "SP, MB/s" tokens
for model in bpe wordpiece unigram; do
    theirs="- -"
    if [ $model != wordpiece ] && command -v spm_train >/dev/null; then
        learn=$(seconds spm_train --input=$corpus --model_prefix="$folder/m" --vocab_size=$vocab --model_type=$model \
            --num_threads=2 --minloglevel=2)
        encode=$(seconds spm_encode --model="$folder/m.model" --output_format=id $corpus)
        : >"$folder/empty"
        start=$(seconds spm_encode --model="$folder/m.model" --output_format=id "$folder/empty")
        theirs="$learn $(awk "BEGIN { print $size / ($encode - $start) / 1e6 }")"
    fi
    # shellcheck disable=SC2046
    set -- $("$bench" $model $vocab $corpus) $theirs
    if [ "$4" = - ]; then set -- "$1" "$2" "$3"; fi
    printf '%-40s %9.3f %9.9s %10.1f %10.10s %8d\n' $model "$1" "${4:--}" "$2" "${5:--}" "$3"
done
command -v spm_train >/dev/null || echo "SentencePiece: not here (apt-get install sentencepiece)"
# shellcheck disable=SC2046,SC2183
printf 'a tokenizer.json of 100000 tokens (%s MB) loads in %s s\n' $("$bench" load 100000 | awk '{ print $2, $1 }')
