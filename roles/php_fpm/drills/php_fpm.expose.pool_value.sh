#!/bin/sh
# hosts: web1 web2
# The pool gives itself another value than the ini.
set -eu
for pool in /etc/php/*/fpm/pool.d/www.conf; do
    printf 'php_flag[expose_php] = on\n' >> "$pool"
done
systemctl reload 'php*-fpm'
