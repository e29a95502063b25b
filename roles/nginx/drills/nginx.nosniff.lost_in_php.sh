#!/bin/sh
# hosts: web1
# site: antruc.test
# One header of its own in the PHP location, and all inherited ones are lost there.
set -eu
sed -i 's#^    location ~ \\\.php\$ {#&\n        add_header X-Tang-Toc 1;#' /etc/nginx/sites-available/antruc.test
systemctl reload nginx
