# stages.sh -- what the scripts that train the book's models share: stages that are done once, and go on after a kill.
# Sourced by ch05/models/train.sh and ch06/models/train.sh, which set $work.

# stage NAME SETTINGS: runs the function NAME, which works in $work/NAME, unless it is done with these settings. $work/NAME.stage
# holds the settings, and a line of: seconds that were spent, "done", or "begun" and when. A killed run counts up to
# the last file that it changed.
stage() {
    local file=$work/$1.stage spent=0 state='' begun=0 last
    if [ -f "$file" ] && [ "$(sed -n 1p "$file")" = "$2" ]; then
        read -r spent state begun < <(sed -n 2p "$file")
        if [ "$state" = "done" ]; then
            printf '%-8s %6d s, done before\n' "$1" "$spent"
            return
        fi
        last=$(find "$work/$1" -type f -printf '%T@\n' 2>/dev/null | sort -n | tail -1 | cut -d. -f1)
        spent=$((spent + (${last:-0} > begun ? last - begun : 0)))
    else
        rm -rf "${work:?}/$1"
    fi
    mkdir -p "$work/$1"
    begun=$(date +%s)
    printf '%s\n%s begun %s\n' "$2" "$spent" "$begun" | whole "$file"
    "$1"
    spent=$((spent + $(date +%s) - begun))
    printf '%s\n%s done 0\n' "$2" "$spent" | whole "$file"
    printf '%-8s %6d s\n' "$1" "$spent"
}

# Standard input becomes a file, which is there when it is whole.
whole() {
    cat > "$1.part"
    mv "$1.part" "$1"
}
