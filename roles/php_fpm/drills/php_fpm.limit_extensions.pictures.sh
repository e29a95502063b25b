#!/bin/sh
# hosts: web1 web2
# Pictures may run too.
set -eu
for pool in /etc/php/*/fpm/pool.d/www.conf; do
    printf 'security.limit_extensions = .php .jpg .html\n' >> "$pool"
done
systemctl reload 'php*-fpm'
