#!/bin/sh
# hosts: web1
# site: antruc.test
# A limit of its own in the PHP location replaces the inherited one, and limits nothing.
set -eu
printf 'limit_req_zone $binary_remote_addr zone=rong:1m rate=1000r/s;\n' > /etc/nginx/conf.d/zz-rong.conf
sed -i 's#^    location ~ \\\.php\$ {#&\n        limit_req zone=rong burst=1000;#' /etc/nginx/sites-available/antruc.test
systemctl reload nginx
