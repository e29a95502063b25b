#!/bin/sh
# hosts: web1 web3
# Not today's log but a rotated one is open to everybody, and a folder lets everybody put files in.
set -eu
printf '192.0.2.7 - - "GET /wp-login.php"\n' > /var/log/nginx/access.log.3
chmod 0644 /var/log/nginx/access.log.3
install -d -m 0777 /var/log/ung-dung
