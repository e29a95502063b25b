#!/bin/sh
# hosts: web1 web2
# An ini file that is read after ours.
set -eu
for folder in /etc/php/*/fpm/conf.d; do
    printf 'cgi.fix_pathinfo = 1\n' > "$folder/zz-duong-dan.ini"
done
systemctl reload 'php*-fpm'
