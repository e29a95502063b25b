#!/bin/sh
# hosts: web1
# A second server block at the end of a declared site's own file.
set -eu
cat >> /etc/nginx/sites-available/antruc.test <<'CONF'

server {
    listen 80;
    server_name thu-nghiem.antruc.test;
    root /var/www/html;
}
CONF
nginx -t -q
