#!/bin/sh
# hosts: web1 web3
# The workers still run as www-data; at the next start they would not.
set -eu
sed -i 's/^user .*/user root;/' /etc/nginx/nginx.conf
