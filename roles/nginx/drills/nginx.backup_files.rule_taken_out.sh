#!/bin/sh
# hosts: web3
# site: gotre.test
# The site still includes its rules, but this one is gone from them.
set -eu
sed -i '/nginx.backup_files/,/^}/d' /etc/nginx/snippets/luytre-gotre.test.conf
systemctl reload nginx
