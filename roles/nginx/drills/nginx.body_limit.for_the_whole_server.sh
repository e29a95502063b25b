#!/bin/sh
# hosts: web3
# site: gotre.test
# The site says nothing, the whole server allows 4 GB.
set -eu
printf 'client_max_body_size 4g;\n' > /etc/nginx/conf.d/zz-lon.conf
systemctl reload nginx
