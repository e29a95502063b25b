#!/bin/sh
# hosts: web3
# A status page that this machine alone may read, and another one that everybody may.
set -eu
sed -i '0,/^server {/s##server {\n    location = /trang-thai { stub_status; allow 127.0.0.1; deny all; }\n    location /may-chu/ { stub_status; }#' /etc/nginx/sites-available/gotre.test
systemctl reload nginx
