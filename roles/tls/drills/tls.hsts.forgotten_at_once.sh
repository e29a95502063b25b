#!/bin/sh
# hosts: web3
# site: dongvau.test
# The header is there, and tells browsers to forget it.
set -eu
sed -i 's/\(Strict-Transport-Security\) [^;]*/\1 max-age=0/' /etc/nginx/sites-available/dongvau.test
systemctl reload nginx
