#!/bin/sh
# hosts: web2
# site: bennua.test
# .user.ini in a folder below the document root.
set -eu
mkdir -p /var/www/bennua.test/tin
printf 'auto_prepend_file = /var/www/bennua.test/tin/a.txt\n' > /var/www/bennua.test/tin/.user.ini
