#!/bin/sh
# hosts: web3
# More than a minute, written so that the number looks small.
set -eu
printf 'send_timeout "1h 5s";\n' > /etc/nginx/conf.d/zz-cham.conf
systemctl reload nginx
