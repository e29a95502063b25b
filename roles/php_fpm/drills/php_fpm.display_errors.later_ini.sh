#!/bin/sh
# hosts: web1 web2
# An ini file that is read after ours.
set -eu
for folder in /etc/php/*/fpm/conf.d; do
    printf 'display_errors = stdout\ndisplay_startup_errors = 1\n' > "$folder/zz-go-loi.ini"
done
systemctl reload 'php*-fpm'
