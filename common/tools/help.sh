#!/bin/sh
# help.sh MAKEFILE... -- the commands, by who needs them. A target's line ends in "## what it does".
list() { # list TITLE PATTERN: the targets whose names the pattern matches, in the order of the makefiles
    echo
    echo "$1"
    grep -hE '^[a-z0-9$()-]+:.*## ' $makefiles | sed -e 's/^$(1)/chNN/' -e 's/:.*## /:/' |
        awk -F: -v pattern="^($2)\$" '$1 ~ pattern && !seen[$1]++ { printf "  make %-16s %s\n", $1, substr($0, length($1) + 2) }'
}
makefiles=$*
echo "The Book of LLMs in C."
list "Read and run" "all|chNN|tour|deps|clean|help"
list "Exercises" "next|ex|debug|hint|reset|skip|watch|status|chNN-check"
list "Teaching" "handout|grade|grade-class|gradescope"
list "The book" "book|deps-book|book-test|book-check|book-sync"
list "Writing programs" "test|chNN-test|test-long|test-mpich|unit|layers|format|boilerplate|outputs|outputs-write|chNN-outputs|chNN-costs|chNN-bands|fuzz|models|bench|bench-busy"
list "Writing exercises" "exercise-new|exercises-check|exercises-write|attacks|grade-test"
