#!/bin/sh
# hosts: web1
# site: antruc.test
# A break before the rules ends their phase for .sql alone.
set -eu
sed -i '0,/^server {/s##server {\n    if ($uri ~ "[.]sql$") { break; }#' /etc/nginx/sites-available/antruc.test
systemctl reload nginx
