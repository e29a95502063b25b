#!/bin/sh
# hosts: web1
# site: antruc.test
# The site says nothing; a file for the whole server does.
set -eu
printf 'autoindex on;\n' > /etc/nginx/conf.d/zz-liet-ke.conf
systemctl reload nginx
