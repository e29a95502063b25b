#!/bin/sh
# hosts: web3
# site: dongvau.test
# The site says nothing; a file for the whole server lets everything in.
set -eu
printf 'ssl_ciphers ALL:@SECLEVEL=0;\n' > /etc/nginx/conf.d/zz-cipher.conf
systemctl reload nginx
