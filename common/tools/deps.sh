#!/bin/sh
# deps.sh -- installs what is missing, with the system's package manager, and
# says nothing when nothing is missing.
set -eu

missing=""
need() { # need TEST PACKAGE: TEST is a command line that succeeds when PACKAGE is there
    sh -c "$1" >/dev/null 2>&1 || missing="$missing $2"
}

need_all() { # names of the packages: compiler pkg-config openblas check gnuplot jansson python utf8proc pcre2
    need "command -v cc || command -v gcc || command -v clang" "$1"
    need "command -v pkg-config" "$2"
    need "pkg-config --exists openblas || pkg-config --exists openblas-openmp" "$3"
    need "pkg-config --exists check" "$4"
    need "command -v gnuplot" "$5"
    need "pkg-config --exists jansson" "$6"
    need "command -v python3" "$7"
    need "pkg-config --exists libutf8proc" "$8"
    need "pkg-config --exists libpcre2-8" "$9"
}

need_sandbox() { # where learners' code runs; macOS has none
    need "command -v bwrap" "$1"
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

if command -v apt-get >/dev/null; then
    need_all "gcc libc6-dev" pkg-config libopenblas-openmp-dev check gnuplot-nox libjansson-dev python3 \
        libutf8proc-dev libpcre2-dev
    need_sandbox bubblewrap
    [ -z "$missing" ] && exit 0
    echo "installing:$missing"
    as_root apt-get update -qq
    # shellcheck disable=SC2086
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
elif command -v dnf >/dev/null; then
    need_all gcc pkgconf-pkg-config openblas-devel check-devel gnuplot-minimal jansson-devel python3 \
        utf8proc-devel pcre2-devel
    need_sandbox bubblewrap
    [ -z "$missing" ] && exit 0
    echo "installing:$missing"
    # shellcheck disable=SC2086
    as_root dnf install -y -q $missing
elif command -v brew >/dev/null; then
    need_all llvm pkg-config openblas check gnuplot jansson python3 utf8proc pcre2
    [ -z "$missing" ] && exit 0
    echo "installing:$missing libomp"
    # shellcheck disable=SC2086
    brew install -q $missing libomp
else
    echo "deps: none of apt-get, dnf, brew is here; install by hand: a C compiler, pkg-config," \
        "OpenBLAS, Check, gnuplot, jansson, python3, utf8proc, PCRE2" >&2
    exit 2
fi
