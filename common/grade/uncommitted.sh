#!/bin/sh
# uncommitted.sh WHO -- warns of files that git does not know as they are now: others get what is in the
# working tree of the tracked files, and nothing of the rest.
who="$1"
list() { # list CODES WORDS: up to five names of files with that state
    names=$(git status --porcelain | grep -E "^($1)" | cut -c 4-)
    [ -n "$names" ] || return 0
    echo "$who: warning: $2" >&2
    printf '%s\n' "$names" | head -n 5 | sed 's/^/    /' >&2
    more=$(($(printf '%s\n' "$names" | wc -l) - 5))
    [ "$more" -le 0 ] || echo "    and $more more" >&2
}
list '[ MARC][ MARCD] ' "not committed; they go out as they are now:"
list '\?\? ' "not tracked by git; they are left out:"
