#!/bin/sh
# hosts: web3
# site: dongvau.test
# TLS 1.2 and 1.3 for the whole server, TLS 1.1 again in the site.
set -eu
sed -i '0,/^server {/s##server {\n    ssl_protocols TLSv1.1 TLSv1.2;#' /etc/nginx/sites-available/dongvau.test
systemctl reload nginx
