#!/bin/sh
# bench_busy.sh BENCH [OLD] -- a training step (4 layers, 4 heads, 128 channels; B 12, T 64) where the processors are not
# ours alone, in turn with the same step on one thread, which never waits for another. What must hold: beside a program
# that is always busy it is at least as fast as one thread; with the time of one processor within 5 % of it; and idle,
# where OLD names the bench of an earlier commit, within 2 % of that. Fails where one of them does not.
unset OMP_NUM_THREADS # the program chooses
bench=$1
old=${2:-}
rounds=${ROUNDS:-5}
misses=0

step() { "$@" step 4 4 128 12 64 65 | cut -d' ' -f1; }
single() { OMP_NUM_THREADS=1 step "$bench"; }

# compare NAME MOST PEER... : the fastest of several rounds, in which both take turns; the ratio may be at most MOST.
compare() {
    name=$1 most=$2
    shift 2
    for _ in $(seq "$rounds"); do
        echo "$(step "$bench") $("$@")"
    done | awk -v name="$name" -v most="$most" '
        NR == 1 || $1 < ours { ours = $1 }
        NR == 1 || $2 < peer { peer = $2 }
        END {
            good = NR > 0 && ours > 0 && peer > 0 && ours <= most * peer
            printf "%-38s %9.1f ms, %9.1f ms: %.2f of it, at most %.2f: %s\n", name, ours, peer, ours / (peer ? peer : 1),
                most, good ? "yes" : "NO"
            exit !good
        }' || misses=$((misses + 1))
}

if [ -n "$old" ]; then
    compare "idle; the earlier bench" 1.02 step "$old"
fi
compare "idle; one thread" 1.00 single

(while :; do :; done) &
other=$!
compare "beside a busy program; one thread" 1.00 single
kill "$other"
wait "$other" 2>/dev/null

# The time of one processor for a group of processes, as containers get it: cgroups of the second or the first version.
group= limit=
if [ -f /sys/fs/cgroup/cgroup.controllers ]; then
    echo +cpu >/sys/fs/cgroup/cgroup.subtree_control 2>/dev/null
    group=/sys/fs/cgroup/bench$$ limit=cpu.max quota="100000 100000" members=cgroup.procs
elif [ -d /sys/fs/cgroup/cpu ]; then
    group=/sys/fs/cgroup/cpu/bench$$ limit=cpu.cfs_quota_us quota=100000 members=tasks
fi
if [ -n "$group" ] && mkdir -p "$group" 2>/dev/null && echo "$quota" 2>/dev/null >"$group/$limit"; then
    # one that has entered the group leaves it by ending
    (
        misses=0
        sh -c 'echo $PPID' >"$group/$members" && compare "time of one processor; one thread" 1.05 single
        exit "$misses"
    ) || misses=$((misses + 1))
else
    echo "time of one processor: skipped: no cgroup that may be written"
fi
[ -z "$group" ] || rmdir "$group" 2>/dev/null
[ "$misses" -eq 0 ]
