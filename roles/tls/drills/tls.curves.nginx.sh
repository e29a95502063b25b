#!/bin/sh
# hosts: web1
# site: antruc.test
# The whole server has sound curves; the site adds a large one.
set -eu
sed -i '0,/^server {/s##server {\n    ssl_ecdh_curve X25519:secp521r1;#' /etc/nginx/sites-available/antruc.test
systemctl reload nginx
