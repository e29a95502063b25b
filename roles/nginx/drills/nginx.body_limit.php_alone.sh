#!/bin/sh
# hosts: web1
# site: antruc.test
# The site has a limit, its PHP location has none.
set -eu
sed -i 's#^    location ~ \\\.php\$ {#&\n        client_max_body_size 0;#' /etc/nginx/sites-available/antruc.test
systemctl reload nginx
