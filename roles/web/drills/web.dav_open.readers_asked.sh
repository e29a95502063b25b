#!/bin/sh
# hosts: web1
# Everybody writes, though a password is asked of nobody but those who delete.
set -eu
sed -i '0,/^server {/s##server {\n    location /kho/ { dav_methods PUT DELETE; limit_except GET PUT { deny all; } }#' /etc/nginx/sites-available/antruc.test
systemctl reload nginx
