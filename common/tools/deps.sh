#!/bin/sh
# deps.sh [book | look-book] -- installs what is missing, with the system's package manager, and
# says nothing when nothing is missing. book: what `make book` and `make book-test` need;
# look-book: says in one line what `make book` lacks, and installs nothing.
set -eu
what="${1:-programs}"

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

need_mpi() { # several processes that train together; dnf has it as a module: module load mpi/mpich-x86_64
    need "pkg-config --exists ompi-c || pkg-config --exists mpich || ls /usr/lib*/mpich/bin/mpicc" "$1"
}

need_hosts() { # ip, which makes three hosts of one for a test; macOS has no namespaces
    need "command -v ip" "$1"
}

need_data() { # chapter 4: compressed files, hashes
    need "pkg-config --exists zlib" "$1"
    need "pkg-config --exists libxxhash" "$2"
}

need_sandbox() { # where learners' code runs; macOS has none
    need "command -v bwrap" "$1"
}

need_teacher() { # zip files as submissions
    need "pkg-config --exists libzip" "$1"
}

need_similar() { # who wrote alike; Debian 13 has no such package, and texts that are the same are found without it
    need "command -v sim_c || ! apt-cache show $1" "$1"
}

# A module counts only if the python that runs sphinx-build has it.
need_module() { need "\$(head -n 1 \"\$(command -v sphinx-build)\" | cut -c 3-) -c 'import $1'" "$2"; }

need_pages() { # names of the packages: sphinx myst furo copybutton node katex
    need "command -v sphinx-build" "$1"
    need_module myst_parser "$2"
    need_module furo "$3"
    need_module sphinx_copybutton "$4"
    need "command -v node" "$5"
    need "NODE_PATH=/usr/share/nodejs node -e 'require(\"katex\")'" "$6"
}

need_browser() { # names of the packages: chromium driver selenium fontconfig fonts poppler
    [ "$what" = book ] || return 0
    need "command -v chromium || command -v chromium-browser || command -v google-chrome" "$1"
    need "command -v chromedriver" "$2"
    need_module selenium "$3"
    need "command -v fc-list" "$4"
    need "fc-list :lang=zh-cn | grep ." "$5"
    need "command -v pdfinfo && command -v pdftohtml" "$6"
}

need_for() { # need_for FUNCTION PACKAGES... : if the function's part was asked for
    case "$what $1" in
    "programs need_all" | "programs need_sandbox" | "programs need_mpi" | "programs need_hosts" | "programs need_data" | "programs need_teacher" | "programs need_similar" | *"book need_pages" | *"book need_browser") "$@" ;;
    esac
}

stop_if_looking() {
    [ "$what" = look-book ] || return 0
    [ -z "$missing" ] && exit 0
    echo "make book needs:$missing. Install it with: make deps-book" >&2
    exit 2
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

if command -v apt-get >/dev/null; then
    need_for need_all "gcc libc6-dev" pkg-config libopenblas-openmp-dev check gnuplot-nox libjansson-dev python3 \
        libutf8proc-dev libpcre2-dev
    need_for need_sandbox bubblewrap
    need_for need_teacher libzip-dev
    need_for need_similar similarity-tester
    need_for need_mpi "libopenmpi-dev openmpi-bin"
    need_for need_hosts iproute2
    need_for need_data zlib1g-dev libxxhash-dev
    need_for need_pages python3-sphinx python3-myst-parser furo python3-sphinx-copybutton nodejs katex
    need_for need_browser chromium chromium-driver python3-selenium fontconfig fonts-noto-cjk poppler-utils
    stop_if_looking
    [ -z "$missing" ] && exit 0
    echo "installing:$missing"
    as_root apt-get update -qq
    need_for need_similar similarity-tester # whether there is one is known only now
    # shellcheck disable=SC2086
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
elif command -v dnf >/dev/null; then
    need_for need_all gcc pkgconf-pkg-config openblas-devel check-devel gnuplot-minimal jansson-devel python3 \
        utf8proc-devel pcre2-devel
    need_for need_sandbox bubblewrap
    need_for need_teacher libzip-devel # no package has sim_c: texts that are the same are still found
    need_for need_mpi mpich-devel
    need_for need_hosts iproute
    need_for need_data zlib-devel xxhash-devel
    need_for need_pages python3-sphinx python3-myst-parser python3-furo python3-sphinx-copybutton nodejs nodejs-katex
    need_for need_browser chromium chromedriver python3-selenium fontconfig \
        "google-noto-sans-cjk-fonts google-noto-serif-cjk-fonts" poppler-utils
    stop_if_looking
    [ -z "$missing" ] && exit 0
    echo "installing:$missing"
    # shellcheck disable=SC2086
    as_root dnf install -y -q $missing
elif command -v brew >/dev/null; then
    need_for need_all llvm pkg-config openblas check gnuplot jansson python3 utf8proc pcre2
    need_for need_teacher libzip
    need_for need_mpi open-mpi
    need_for need_data zlib xxhash
    need_for need_pages sphinx-doc myst-parser furo sphinx-copybutton node katex
    stop_if_looking
    if [ "$what" = book ]; then
        echo "deps: Homebrew has no packages for the book; by hand: brew install node && npm install -g katex &&" \
            "pip3 install sphinx myst-parser furo sphinx-copybutton selenium" >&2
        exit 2
    fi
    [ -z "$missing" ] && exit 0
    echo "installing:$missing libomp"
    # shellcheck disable=SC2086
    brew install -q $missing libomp
else
    echo "deps: none of apt-get, dnf, brew is here; install by hand: a C compiler, pkg-config," \
        "OpenBLAS, Check, gnuplot, jansson, python3, utf8proc, PCRE2" >&2
    exit 2
fi
