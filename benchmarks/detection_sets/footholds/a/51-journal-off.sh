#!/bin/sh
# T1562.006 (quiet): The journal keeps nothing
M=/var/tmp/luytre-foothold N=51-journal-off
mkdir -p "$M" && chmod 1777 "$M"
seen() { n=0; while [ $n -lt "${1:-40}" ]; do [ -s "$M/$N" ] && return 0; sleep 0.25; n=$((n + 1)); done; return 1; }
w() { mkdir -p "${1%/*}"; cat >"$1"; }
plant() {
  w /etc/systemd/journald.conf.d/50-size.conf <<'E'
[Journal]
Storage=none
ForwardToSyslog=no
E
  systemctl restart systemd-journald
}
prove() {
  rm -f "$M/$N"
  logger lt-$$-probe; sleep 1; journalctl -q --since -1min 2>/dev/null | grep -q "lt-$$-probe" || echo off >$M/$N; seen
}
remove() {
  rm -f /etc/systemd/journald.conf.d/50-size.conf; rmdir /etc/systemd/journald.conf.d 2>/dev/null; systemctl restart systemd-journald
  rm -f "$M/$N" "$M/$N".*
  :
}
case $1 in plant | prove | remove) "$1" ;; *) echo "usage: $0 plant|prove|remove" >&2; exit 2 ;; esac
