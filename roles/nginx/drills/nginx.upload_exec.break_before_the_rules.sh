#!/bin/sh
# hosts: web1
# site: antruc.test
# A break before the rules ends their phase for the upload folder.
set -eu
sed -i '0,/^server {/s##server {\n    if ($uri ~ "^/wp-content/uploads/") { break; }#' /etc/nginx/sites-available/antruc.test
systemctl reload nginx
