#!/bin/sh
# three_hosts.sh COMMAND ... -- a cluster to try things on: three hosts, node1 to node3, on this machine.
#
#     ch04/cluster/three_hosts.sh mpirun -n 3 --map-by node ch05/pretrain_gpt --quick
#
# Each host is a network namespace with an address and a name of its own (10.77.0.1 to .3), joined by virtual cables to a
# bridge as by a switch; COMMAND runs on node1. mpirun reaches the others as over ssh, by agent.sh, and talks by TCP.
# All of it lies in a namespace of processes, so that it is gone when COMMAND ends or this script is killed. Needs Linux
# and ip (iproute2); not root, where users may make namespaces. Where that is not allowed: one line, and status 77.
here=$(cd "$(dirname "$0")" && pwd)

if [ "$1" != --inside ]; then
    [ $# -gt 0 ] || { echo "three_hosts.sh: expected a command" >&2; exit 2; }
    for tool in ip unshare nsenter; do
        command -v $tool >/dev/null || { echo "three_hosts.sh: needs $tool (packages iproute2, util-linux)" >&2; exit 77; }
    done
    user=$([ "$(id -u)" = 0 ] || echo "--user --map-root-user")
    # shellcheck disable=SC2086
    why=$(unshare $user --net --mount --uts ip link add name probe type bridge 2>&1) ||
        { echo "three_hosts.sh: namespaces are not allowed here: $why" >&2; exit 77; }
    # shellcheck disable=SC2086
    exec unshare $user --net --mount --pid --fork --kill-child --mount-proc "$0" --inside "$@"
fi
shift

set -e
mount -t tmpfs none /run # where ip keeps its namespaces, and no service of this machine is met
mkdir /run/netns
printf '127.0.0.1 localhost\n' >/run/hosts
ip link add name switch type bridge
ip link set switch up
for i in 1 2 3; do
    ip netns add node$i
    ip link add name cable$i type veth peer name eth0 netns node$i
    ip link set cable$i master switch up
    ip -n node$i addr add 10.77.0.$i/24 dev eth0
    ip -n node$i link set eth0 up
    ip -n node$i link set lo up
    echo "10.77.0.$i node$i" >>/run/hosts
done
mount --bind /run/hosts /etc/hosts

# What mpirun is told: how to reach a host, which hosts there are, which network to use.
export OMPI_MCA_plm=rsh OMPI_MCA_plm_rsh_agent="$here/agent.sh" OMPI_MCA_orte_default_hostfile="$here/hostfile"
export OMPI_MCA_btl=tcp,self OMPI_MCA_btl_tcp_if_include=eth0 OMPI_MCA_oob_tcp_if_include=eth0
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_hwloc_base_binding_policy=none
export OMPI_MCA_mpi_yield_when_idle=1 OMP_NUM_THREADS="${OMP_NUM_THREADS:-1}"
nsenter --net=/run/netns/node1 unshare --uts sh -c 'hostname node1; exec "$@"' sh "$@"
