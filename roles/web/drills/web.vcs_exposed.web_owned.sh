#!/bin/sh
# hosts: web1
# site: antruc.test
# 0700, so others cannot read it, but it belongs to the web account itself.
set -eu
mkdir -p /var/www/antruc.test/.git
printf 'ref: refs/heads/main\n' > /var/www/antruc.test/.git/HEAD
chown -R www-data:www-data /var/www/antruc.test/.git
chmod 0700 /var/www/antruc.test/.git
