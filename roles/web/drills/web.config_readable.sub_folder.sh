#!/bin/sh
# hosts: web2
# site: bennua.test
# config.php is closed; the same password stands in the .env of a tool beside it.
set -eu
mkdir -p /var/www/bennua.test/cong-cu
printf 'APP_NAME=gop-y\nexport DB_PASSWORD=khong-doan-duoc\n' > /var/www/bennua.test/cong-cu/.env
chmod 0644 /var/www/bennua.test/cong-cu/.env
