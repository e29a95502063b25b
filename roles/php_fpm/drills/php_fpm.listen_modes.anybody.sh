#!/bin/sh
# hosts: web1 web2
# The socket is open to every account of the host.
set -eu
for pool in /etc/php/*/fpm/pool.d/www.conf; do
    printf 'listen.mode = 0666\n' >> "$pool"
done
systemctl restart 'php*-fpm'
