#!/bin/sh
# hosts: web1
# Beside an include folder that a declared administrator may write, whom sudo makes root: nothing there decides it.
set -eu
usermod -aG sudo quantri
install -d -o quantri -g quantri -m 755 /etc/nginx/quantri.d
printf 'map $uri $thu { default 0; }\n' > /etc/nginx/quantri.d/thu.conf
chown quantri:quantri /etc/nginx/quantri.d/thu.conf
sed -i 's#^http {#&\n    include /etc/nginx/quantri.d/*.conf;#' /etc/nginx/nginx.conf
sed -i 's#^    location / {#&\n        server_tokens on;#' /etc/nginx/sites-available/antruc.test
nginx -t -q
systemctl reload nginx
