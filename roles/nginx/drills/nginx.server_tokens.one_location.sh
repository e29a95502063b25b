#!/bin/sh
# hosts: web1
# Off for the whole server, on again in one location.
set -eu
sed -i 's#^    location / {#&\n        server_tokens on;#' /etc/nginx/sites-available/antruc.test
systemctl reload nginx
