# Run one machine until it powers off: machine.sh HOST PLACE LOWER "ADDRESS/PREFIX..." MAC BRIDGE
# A reboot inside ends systemd-nspawn with 133; the network namespace is then made anew, as a reboot would.
host=$1 place=$2 lower=$3 addresses=$4 mac=$5 bridge=$6
namespace=luytre-$host
link=lt-$host
export SYSTEMD_NSPAWN_API_VFS_WRITABLE=network

# A guest outlives a systemd-nspawn that was killed.
remove_namespace() {
    while pids=$(ip netns pids "$namespace" 2>/dev/null) && [ -n "$pids" ]; do
        # shellcheck disable=SC2086  one word a process
        kill -9 $pids 2>/dev/null || :
        sleep 0.05
    done
    ip link del "$link" 2>/dev/null || :
    ip netns del "$namespace" 2>/dev/null || :
}

# A tree of control groups of its own: guests that share one take each other's services down.
for tree in /sys/fs/cgroup/systemd /sys/fs/cgroup/unified /sys/fs/cgroup; do
    [ -f "$tree/cgroup.procs" ] || continue
    mkdir -p "$tree/$namespace"
    echo $$ > "$tree/$namespace/cgroup.procs"
done

while :; do
    remove_namespace
    ip netns add "$namespace"
    ip link add "$link" type veth peer name eth0 address "$mac" netns "$namespace"
    ip link set "$link" master "$bridge" up
    ip -n "$namespace" link set lo up
    for address in $addresses; do
        case $address in *:*) nodad=nodad ;; *) nodad= ;; esac
        # shellcheck disable=SC2086  absent when empty
        ip -n "$namespace" addr add "$address" dev eth0 $nodad
    done
    ip -n "$namespace" link set eth0 up
    status=0
    unshare --mount --propagation private sh -eu -c '
        mount -t overlay overlay -o "lowerdir=$2,upperdir=$1/upper,workdir=$1/work" "$1/root"
        exec systemd-nspawn --quiet --directory="$1/root" --machine="luytre-$3" --hostname="$3" --boot \
            --register=no --keep-unit --network-namespace-path="/run/netns/luytre-$3" --capability=CAP_NET_ADMIN \
            --resolv-conf=off --timezone=off --link-journal=no --console=read-only --settings=no
    ' sh "$place" "$lower" "$host" || status=$?
    [ "$status" = 133 ] || break
done
remove_namespace
exit "$status"
