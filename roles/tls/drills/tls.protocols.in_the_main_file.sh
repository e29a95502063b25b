#!/bin/sh
# hosts: web3
# site: dongvau.test
# TLS 1.1 for the whole server, with what OpenSSL needs to speak it: a site's own line counts for nothing where another is the default.
set -eu
sed -i 's#^\([[:space:]]*\)ssl_protocols .*#\1ssl_protocols TLSv1.1 TLSv1.2;#' /etc/nginx/nginx.conf
sed -i 's#^ssl_ciphers .*#ssl_ciphers ALL:@SECLEVEL=0;#' /etc/nginx/conf.d/00-luytre.conf
systemctl reload nginx
