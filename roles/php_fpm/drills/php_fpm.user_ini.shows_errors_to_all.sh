#!/bin/sh
# hosts: web1
# site: antruc.test
# .user.ini turns on what the ini turns off.
set -eu
printf 'display_errors = on\n' > /var/www/antruc.test/.user.ini
