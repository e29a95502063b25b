#!/bin/sh
# hosts: web3
# site: dongvau.test
# One slash is missing in the name of the location.
set -eu
sed -i 's#^    location / {#    location /tep { alias /srv/tep/; }\n&#' /etc/nginx/sites-available/dongvau.test
systemctl reload nginx
