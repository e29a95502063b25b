#!/bin/sh
# hosts: web1
# site: antruc.test
# WebDAV for one folder.
set -eu
sed -i '0,/^server {/s##server {\n    location /chia-se/ { dav_methods PUT DELETE; }#' /etc/nginx/sites-available/antruc.test
