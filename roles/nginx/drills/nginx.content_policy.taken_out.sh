#!/bin/sh
# hosts: web1
# site: antruc.test
# A later edit of the site took the line out.
set -eu
sed -i '/add_header Content-Security-Policy-Report-Only /d' /etc/nginx/sites-available/antruc.test
systemctl reload nginx
