#!/bin/sh
# hosts: web3
# site: dongvau.test
# A second server block answers the site's name on one more port, and redirects nobody.
set -eu
printf 'server {\n    listen 8083;\n    server_name dongvau.test;\n    root /var/www/dongvau.test;\n}\n' > /etc/nginx/conf.d/zz-cong-khac.conf
systemctl reload nginx
