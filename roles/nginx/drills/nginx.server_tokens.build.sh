#!/bin/sh
# hosts: web3
# Not on, yet it tells more than on: the build name of an undeclared virtual host.
set -eu
sed -i 's/^    root .*/&\n    server_tokens build;/' /etc/nginx/sites-available/cu.dongvau.test
systemctl reload nginx
