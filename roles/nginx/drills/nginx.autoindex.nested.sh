#!/bin/sh
# hosts: web3
# site: gotre.test
# On again in a location inside a location.
set -eu
sed -i 's#^    location /tai-lieu/ {#&\n        location ~ /van-ban/ { autoindex on; }#' /etc/nginx/sites-available/gotre.test
systemctl reload nginx
