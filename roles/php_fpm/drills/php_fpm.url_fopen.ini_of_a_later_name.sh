#!/bin/sh
# hosts: web1 web2
# An ini file that is read after ours, for a site whose feed stopped.
set -eu
for folder in /etc/php/*/fpm/conf.d; do
    printf 'allow_url_fopen = On\n' > "$folder/zz-doc-tin.ini"
done
systemctl reload 'php*-fpm'
