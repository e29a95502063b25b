#!/bin/sh
# hosts: web1
# Sound for the whole server, ten minutes in one site.
set -eu
sed -i '0,/^server {/s##server {\n    client_body_timeout 10m;#' /etc/nginx/sites-available/antruc.test
systemctl reload nginx
