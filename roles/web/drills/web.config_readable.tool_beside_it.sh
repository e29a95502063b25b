#!/bin/sh
# hosts: web1
# site: antruc.test
# wp-config.php is closed; the same password stands in the .env of a tool beside it.
set -eu
mkdir -p /var/www/antruc.test/cong-cu
printf 'APP_NAME=gop-y\nexport DB_PASSWORD=khong-doan-duoc\n' > /var/www/antruc.test/cong-cu/.env
chmod 0644 /var/www/antruc.test/cong-cu/.env
