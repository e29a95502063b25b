#!/bin/sh
# hosts: web1
# site: antruc.test
# The site has a log; its pages, which PHP makes, do not go into it.
set -eu
sed -i 's#^    location ~ \\\.php\$ {#&\n        access_log off;#' /etc/nginx/sites-available/antruc.test
systemctl reload nginx
