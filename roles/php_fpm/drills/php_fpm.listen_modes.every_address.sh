#!/bin/sh
# hosts: web1 web2
# Another pool listens on every address.
set -eu
for folder in /etc/php/*/fpm/pool.d; do
    printf '[thu]\nuser = www-data\nlisten = 9100\npm = static\npm.max_children = 1\n' > "$folder/thu.conf"
done
systemctl restart 'php*-fpm'
