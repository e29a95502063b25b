#!/bin/sh
# hosts: web1
# site: antruc.test
# A break before the rules ends their phase for plain HTTP.
set -eu
sed -i '0,/^server {/s##server {\n    if ($scheme = http) { break; }#' /etc/nginx/sites-available/antruc.test
systemctl reload nginx
