#!/bin/sh
# hosts: web3
# site: gotre.test
# One folder has a header of its own.
set -eu
sed -i 's#^    location /tai-lieu/ {#&\n        add_header X-Robots-Tag noindex;#' /etc/nginx/sites-available/gotre.test
systemctl reload nginx
