#!/bin/sh
# hosts: web1 web2
# The pool sends the session cookie everywhere: SameSite=None.
set -eu
for pool in /etc/php/*/fpm/pool.d/www.conf; do
    printf 'php_value[session.cookie_samesite] = None\nphp_flag[session.use_strict_mode] = off\n' >> "$pool"
done
systemctl reload 'php*-fpm'
