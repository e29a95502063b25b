#!/bin/sh
# hosts: web1
# A site answers on one more port, where it is the first and so the default.
set -eu
sed -i '0,/^server {/s##server {\n    listen 8080;#' /etc/nginx/sites-available/antruc.test
systemctl reload nginx
