#!/bin/sh
# hosts: web3
# A virtual host that nobody declared answers on a port of its own.
set -eu
printf 'server {\n    listen 8081;\n    server_name thu.test;\n    root /var/www/html;\n}\n' > /etc/nginx/conf.d/thu.conf
systemctl reload nginx
