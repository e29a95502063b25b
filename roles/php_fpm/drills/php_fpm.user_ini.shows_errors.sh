#!/bin/sh
# hosts: web2
# site: bennua.test
# .user.ini turns on what the ini turns off.
set -eu
printf 'display_errors = on\n' > /var/www/bennua.test/.user.ini
