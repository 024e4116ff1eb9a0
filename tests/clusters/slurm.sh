#!/bin/sh
# A Slurm of one node, this machine, as whoever calls: nothing of it is outside DIR, it runs beside any other Slurm.
#
#   tests/clusters/slurm.sh start DIR   starts munged, slurmctld and slurmd; then export SLURM_CONF=DIR/slurm.conf
#   tests/clusters/slurm.sh stop DIR    stops them
#
# It needs Debian's slurm-wlm and munge. DIR is an absolute path, at most 80 characters, for the socket of munged.
set -eu
PATH=$PATH:/usr/sbin:/sbin

start() {
  for tool in munged mungekey slurmctld slurmd sbatch; do
    command -v $tool >/dev/null || { echo "no $tool: apt-get install slurm-wlm munge" >&2; exit 1; }
  done
  mkdir -p "$dir/state" "$dir/spool"
  node=$(hostname -s)
  user=$(id -un)
  # One pair of ports a process number, below those that the system gives to clients.
  port=$((20000 + $$ % 6000 * 2))
  cat >"$dir/slurm.conf" <<CONF
ClusterName=filtercert
SlurmctldHost=$node(127.0.0.1)
SlurmctldPort=$port
SlurmdPort=$((port + 1))
SlurmUser=$user
SlurmdUser=$user
AuthType=auth/munge
AuthInfo=socket=$dir/munge.socket
CredType=cred/munge
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool
SlurmctldPidFile=$dir/slurmctld.pid
SlurmdPidFile=$dir/slurmd.pid
SlurmctldLogFile=$dir/slurmctld.log
SlurmdLogFile=$dir/slurmd.log
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
MpiDefault=none
ReturnToService=2
SchedulerParameters=sched_interval=1,sched_min_interval=0,batch_sched_delay=0
MinJobAge=600
NodeName=$node NodeAddr=127.0.0.1 CPUs=$(nproc) State=UNKNOWN
PartitionName=main Nodes=$node Default=YES MaxTime=INFINITE State=UP
CONF
  export SLURM_CONF="$dir/slurm.conf"
  mungekey --create --keyfile="$dir/munge.key"
  munged --force --key-file="$dir/munge.key" --socket="$dir/munge.socket" --pid-file="$dir/munged.pid" \
    --log-file="$dir/munged.log" --seed-file="$dir/munged.seed"
  slurmctld -f "$dir/slurm.conf" || { echo "slurmctld does not start" >&2; exit 1; }
  slurmd -f "$dir/slurm.conf" || { echo "slurmd does not start" >&2; exit 1; }
  polls=0
  until sinfo --noheader --format=%t 2>/dev/null | grep -q idle; do
    polls=$((polls + 1))
    [ "$polls" -lt 50 ] || { echo "slurm.sh: the node is not idle after $polls looks" >&2; exit 1; }
    sleep 0.2
  done
}

# Each removes the file with its number when it ends.
running() { ls "$dir"/slurmd.pid "$dir"/slurmctld.pid "$dir"/munged.pid 2>/dev/null || true; }

stop() {
  for file in $(running); do
    kill "$(cat "$file")" 2>/dev/null || rm "$file"
  done
  polls=0
  while [ -n "$(running)" ] && [ "$polls" -lt 100 ]; do
    polls=$((polls + 1))
    sleep 0.1
  done
}

dir=${2:?"slurm.sh start|stop DIR"}
case $1 in
  start)
    # What was started before something failed is stopped again.
    trap stop EXIT
    start
    trap - EXIT
    ;;
  stop)
    # No job outlives the daemons.
    SLURM_CONF="$dir/slurm.conf" scancel --quiet --user="$(id -un)" || true
    stop
    ;;
  *) echo "slurm.sh: found $1, expected start or stop" >&2; exit 2 ;;
esac
