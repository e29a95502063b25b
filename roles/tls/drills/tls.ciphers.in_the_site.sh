#!/bin/sh
# hosts: web1
# site: antruc.test
# The whole server has a sound list; the site lets everything in.
set -eu
sed -i '0,/^server {/s##server {\n    ssl_ciphers ALL:@SECLEVEL=0;#' /etc/nginx/sites-available/antruc.test
systemctl reload nginx
