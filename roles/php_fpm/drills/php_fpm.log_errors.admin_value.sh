#!/bin/sh
# hosts: web1 web2
# The pool's own php_admin_value, which beats any ini.
set -eu
for pool in /etc/php/*/fpm/pool.d/www.conf; do
    printf 'php_admin_flag[log_errors] = off\n' >> "$pool"
done
systemctl reload 'php*-fpm'
