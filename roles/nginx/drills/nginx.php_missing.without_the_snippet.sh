#!/bin/sh
# hosts: web1
# site: antruc.test
# The PHP location no longer takes Debian's snippet, which had the check.
set -eu
sed -i 's#include snippets/fastcgi-php.conf;#include fastcgi.conf;#' /etc/nginx/sites-available/antruc.test
systemctl reload nginx
