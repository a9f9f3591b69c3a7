#!/bin/sh
# agent.sh HOST COMMAND ... -- runs COMMAND on a host of three_hosts.sh, where a real cluster has ssh; mpirun starts its
# daemons with it. Like ssh it joins the words of COMMAND and hands them to a shell.
host=$1
shift
exec nsenter --net=/run/netns/"$host" unshare --uts sh -c "hostname $host; $*"
