#!/bin/sh
# hosts: web3
# site: gotre.test
# The header is there, and hands over the whole address.
set -eu
sed -i 's#^    location / {#&\n        add_header Referrer-Policy unsafe-url;#' /etc/nginx/sites-available/gotre.test
systemctl reload nginx
