#!/bin/sh
# hosts: web3
# site: dongvau.test
# The file of ours was edited: TLS 1.1 for the whole server, with what OpenSSL needs to speak it.
set -eu
sed -i 's#^ssl_protocols .*#ssl_protocols TLSv1.1 TLSv1.2;#; s#^ssl_ciphers .*#ssl_ciphers ALL:@SECLEVEL=0;#' /etc/nginx/conf.d/00-luytre.conf
systemctl reload nginx
