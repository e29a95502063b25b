#!/bin/sh
# hosts: web1 web2
# An ini file that is read after ours.
set -eu
for folder in /etc/php/*/fpm/conf.d; do
    printf 'allow_url_include = 1\n' > "$folder/zz-nhung.ini"
done
systemctl reload 'php*-fpm'
