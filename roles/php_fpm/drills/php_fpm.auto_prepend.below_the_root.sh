#!/bin/sh
# hosts: web1
# site: antruc.test
# .user.ini in a folder below the document root.
set -eu
printf 'auto_prepend_file = /var/www/antruc.test/wp-content/uploads/a.txt\n' > /var/www/antruc.test/wp-content/.user.ini
