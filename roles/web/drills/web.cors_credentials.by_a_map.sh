#!/bin/sh
# hosts: web3
# Whoever asks is the one who may, by way of a map.
set -eu
printf 'map $http_origin $luytre_drill_origin { default $http_origin; "" ""; }\n' > /etc/nginx/conf.d/nguon.conf
sed -i '0,/^server {/s##server {\n    location /api/ { add_header Access-Control-Allow-Origin $luytre_drill_origin; add_header Access-Control-Allow-Credentials true; }#' /etc/nginx/sites-available/dongvau.test
systemctl reload nginx
