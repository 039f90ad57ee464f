# Sourced by labs: hosts that are network namespaces of this machine, each with a name, a /dev/shm and System V memory of its own, joined by
# one switch. They share the file system.
prefix=lab$$
hosts=()

# `ip -n` and `ip netns exec` remount /, which cannot be where / is no mount point of its own, as in a chroot. There a host's mounts can be
# kept from the others only if those do not share theirs.
in_namespace() { nsenter --net=/run/netns/"$1" "${@:2}"; } # host, command
propagation=private
mountpoint -q / || propagation=unchanged

start_hosts() { # number
  [[ $propagation == private || $(findmnt -n -o PROPAGATION -T /) != shared ]] || no_lab "/ is no mount point, and shares its mounts"
  ip netns add ${prefix}s 2>"$work/reason" || no_lab "ip netns: $(cat "$work/reason")"
  trap stop_hosts EXIT
  {
    in_namespace ${prefix}s ip link add switch type bridge && in_namespace ${prefix}s ip link set switch up
  } 2>"$work/reason" || no_lab "no bridge: $(cat "$work/reason")"
  local i host
  echo '127.0.0.1 localhost' >"$work/names"
  for ((i = 1; i <= $1; ++i)); do
    host=$prefix$i
    ip netns add $host
    in_namespace $host ip link set lo up
    in_namespace $host ip link add eth0 type veth peer name port$i netns ${prefix}s
    in_namespace ${prefix}s ip link set port$i master switch up
    in_namespace $host ip addr add 10.77.0.$i/24 dev eth0
    in_namespace $host ip link set eth0 up
    echo "10.77.0.$i $host" >>"$work/names"
    hosts+=($host)
  done
  # A process keeps each host's other namespaces.
  for host in "${hosts[@]}"; do
    nsenter --net=/run/netns/$host unshare --uts --mount --ipc --propagation $propagation bash -c "
      hostname $host; mount -t tmpfs tmpfs /dev/shm; mount --bind $work/names /etc/hosts; touch $work/$host.up; exec sleep infinity" \
      >/dev/null 2>&1 </dev/null &
    echo $! >"$work/$host.pid"
    disown  # silently
    within 10 test -e "$work/$host.up" || no_lab "a host's namespaces cannot be made"
  done
  cat >"$work/rsh" <<'E'
#!/bin/bash
# rsh HOST COMMAND..., as mpirun calls ssh.
while [[ $1 == -* ]]; do shift; done
host=$1
shift
exec nsenter -t "$(cat "$(dirname "$0")/$host.pid")" --net --uts --mount --ipc --root --wd="$PWD" bash -c "$*"
E
  chmod +x "$work/rsh"
  export OMPI_MCA_plm_rsh_agent=$work/rsh PRTE_MCA_plm_ssh_agent=$work/rsh  # for ssh
}
on() { "$work/rsh" "$@"; } # host, command line
cut_link() { in_namespace ${prefix}s ip link set port"$1" down; }
mend_link() { in_namespace ${prefix}s ip link set port"$1" up; }
# Processes on a host but the one that keeps it.
processes_on() { ip netns pids "$1" | grep -vx "$(cat "$work/$1.pid")"; }
is_empty() { [[ -z $(processes_on "$1") ]]; }

stop_hosts() {
  local host
  for host in "${hosts[@]}"; do
    ip netns pids $host | xargs -r kill -KILL 2>/dev/null
    ip netns del $host
  done
  ip netns del ${prefix}s 2>/dev/null
  rm -rf "$work"
}
