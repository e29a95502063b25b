#!/bin/sh
# hosts: web3
# site: dongvau.test
# A second server block of the same name on another port, written without the rules.
set -eu
printf 'server {\n    listen 8082;\n    server_name dongvau.test;\n    root /var/www/dongvau.test;\n    location ~ "[.](sql|sql[.]gz|bak|old|orig|swp)$|~$" { return 404; }\n}\n' > /etc/nginx/conf.d/zz-thu.conf
systemctl reload nginx
