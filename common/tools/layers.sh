#!/bin/sh
# layers.sh [DIR] -- the includes of DIR/common against layers.mk: fails on one that points to a layer that is not
# below, or to the insides of another layer (headers whose first line says "inside").
cd "${1:-.}" || exit 2
status=0
for layer in $(sed -n 's/^LAYERS := //p' common/layers.mk); do
    [ -d "common/$layer" ] || continue
    allowed=" $layer $(sed -n "s/^${layer}_USES *:= *//p" common/layers.mk) "
    for file in $(find "common/$layer" -name '*.[ch]'); do
        for header in $(sed -n 's/^#include "\(common\/[^"]*\)".*/\1/p' "$file"); do
            other=$(echo "$header" | cut -d/ -f2)
            case "$allowed" in
            *" $other "*) ;;
            *) echo "$file: includes $header, and $layer does not use $other (common/layers.mk)" >&2 && status=1 ;;
            esac
            [ "$other" = "$layer" ] || ! head -n 1 "$header" 2>/dev/null | grep -q '(inside)' || {
                echo "$file: includes $header, which is inside of $other" >&2
                status=1
            }
        done
    done
done
[ "$status" -ne 0 ] || echo "layers: every include points down"
exit "$status"
