#!/bin/sh
# hosts: web3
# site: dongvau.test
# A second server block answers an old name of the site without redirecting.
set -eu
printf 'server {\n    listen 80;\n    server_name m.dongvau.test dongvau.test;\n    root /var/www/dongvau.test;\n}\n' > /etc/nginx/conf.d/zz-di-dong.conf
systemctl reload nginx
