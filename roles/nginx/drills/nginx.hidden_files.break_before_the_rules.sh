#!/bin/sh
# hosts: web1
# site: antruc.test
# The rules still stand in the file, but a break before them ends their phase for .git.
set -eu
sed -i '0,/^server {/s##server {\n    if ($uri ~ "^/[.]git") { break; }#' /etc/nginx/sites-available/antruc.test
systemctl reload nginx
