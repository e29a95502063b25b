#!/bin/sh
# hosts: web3
# site: gotre.test
# The header is there, and allows everybody.
set -eu
sed -i 's#^    location / {#&\n        add_header X-Frame-Options ALLOWALL;#' /etc/nginx/sites-available/gotre.test
systemctl reload nginx
