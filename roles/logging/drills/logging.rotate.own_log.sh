#!/bin/sh
# hosts: web3
# A site's own log whose name no pattern in /etc/logrotate.d covers.
set -eu
sed -i 's|^/var/log/nginx/\*\.log|/var/log/nginx/access.log /var/log/nginx/error.log|' /etc/logrotate.d/nginx
touch /var/log/nginx/gotre.test.access.log
