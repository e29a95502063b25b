# Run a command with a lab of its own, beside the machine's: apart.sh COMMAND...
#
# Shared with the machine's lab are images, keys, and the lock of who makes images. The command's own are the machines
# (of the same names and addresses), the network (loopback alone), processes, control groups and /run. All of that ends
# with the command, and with this script, however it ends; the command's exit code is passed on.
set -eu
state=$(realpath -m "${LUYTRE_LAB_STATE:-/var/lib/luytre-lab}")
if ! [ -e "$state/ssh/automation.pub" ] || ! [ -e "$state/ca/ca.pem" ]; then
    echo "apart.sh: there are no images to share in $state: auditor lab build" >&2
    exit 2
fi
own=$(mktemp -d "$state/apart-XXXXXX")
group=luytre-${own##*/}
trees=
for tree in /sys/fs/cgroup/systemd /sys/fs/cgroup/unified /sys/fs/cgroup; do
    [ ! -f "$tree/cgroup.procs" ] || trees="$trees $tree"
done

# Clears up once nobody holds the other end of the pipe, which this script alone does: even killed, it lets go.
mkfifo "$own/held"
# shellcheck disable=SC2016,SC2086  expanded there; one word a tree
setsid sh -eu -c '
    trap "" HUP INT TERM # that may be meant for all of us
    own=$1 group=$2
    shift 2
    read -r _ || :
    for tree; do
        for try in $(seq 400); do
            [ -d "$tree/$group" ] || break
            kill -9 $(cat "$tree/$group/cgroup.procs") || :
            find "$tree/$group" -depth -type d -exec rmdir {} + || sleep 0.05
        done 2>/dev/null
        [ ! -d "$tree/$group" ] || echo "apart.sh: processes in $tree/$group do not end" >&2
    done
    rm -rf "$own"
' sh "$own" "$group" $trees <"$own/held" >/dev/null &
exec 9>"$own/held"

cp -a "$state/ssh" "$state/ca" "$state/root_password" "$own"
mkdir "$own/cache" "$own/run"
(umask 077 && : >>/run/luytre-lab.building)
for tree in $trees; do mkdir "$tree/$group"; done

set +e
(
    set -e
    exec 9>&-
    for tree in $trees; do echo 0 >"$tree/$group/cgroup.procs"; done
    # shellcheck disable=SC2016  expanded there
    exec unshare --mount --propagation private --net --pid --fork --kill-child --mount-proc --ipc --uts --cgroup sh -eu -c '
        state=$1 own=$2 group=$3 trees=$4
        shift 4
        ip link set lo up
        for tree in $trees; do mount --bind "$tree/$group" "$tree"; done
        mount -t tmpfs -o mode=755 tmpfs "$own/run"
        : >"$own/run/luytre-lab.building"
        mount --bind /run/luytre-lab.building "$own/run/luytre-lab.building"
        mount -n --move "$own/run" /run
        mount --bind "$state/cache" "$own/cache"
        mount --rbind "$own" "$state"
        connections=${HOME:-/root}/.ansible/cp # that plain Ansible keeps, by address
        mkdir -p "$connections"
        mount -t tmpfs -o mode=700 tmpfs "$connections"
        : >"$state/begun"
        "$@"
        exit # this shell stays, as it is the one that waits for orphans
    ' sh "$state" "$own" "$group" "$trees" "$@"
)
status=$?
if ! [ -e "$own/begun" ]; then
    echo "apart.sh: this machine refuses what a lab of its own needs, namespaces and mounts (above is what it said)" >&2
    status=2
fi
exec 9>&-
wait
exit "$status"
