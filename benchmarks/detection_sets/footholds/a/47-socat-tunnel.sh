#!/bin/sh
# T1572 (quiet): socat forwards a port of loopback to sshd
M=/var/tmp/luytre-foothold N=47-socat-tunnel
mkdir -p "$M" && chmod 1777 "$M"
seen() { n=0; while [ $n -lt "${1:-40}" ]; do [ -s "$M/$N" ] && return 0; sleep 0.25; n=$((n + 1)); done; return 1; }
x() { mkdir -p "${1%/*}"; cat >"$1"; chmod 755 "$1"; }
bg() { setsid nohup "$@" </dev/null >/dev/null 2>&1 & sleep 1; }
ends() { for p in $(pgrep -f -- "$1"); do [ "$p" = $$ ] || kill -9 "$p"; done 2>/dev/null; }
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
  bg socat TCP-LISTEN:47047,bind=127.0.0.1,fork,reuseaddr TCP:127.0.0.1:22
}
prove() {
  rm -f "$M/$N"
  ask 47047 x | grep -a SSH-2 >$M/$N; seen
}
remove() {
  ends 'TCP-LISTEN:47047'
  rm -f "$M/$N" "$M/$N".*
  :
}
case $1 in plant | prove | remove) "$1" ;; *) echo "usage: $0 plant|prove|remove" >&2; exit 2 ;; esac
