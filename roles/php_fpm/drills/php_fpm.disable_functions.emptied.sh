#!/bin/sh
# hosts: web1 web2
# A later, empty list takes the whole list away.
set -eu
for folder in /etc/php/*/fpm/conf.d; do
    printf 'disable_functions =\n' > "$folder/zz-ham.ini"
done
systemctl reload 'php*-fpm'
