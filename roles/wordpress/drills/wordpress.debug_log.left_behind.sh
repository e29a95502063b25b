#!/bin/sh
# hosts: web1
# site: antruc.test
# WP_DEBUG is off again, its log stayed.
set -eu
printf '[24-Nov-2026] PHP Notice: /var/www/antruc.test\n' > /var/www/antruc.test/wp-content/debug.log
