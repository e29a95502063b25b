#!/bin/sh
# hosts: web2
# site: bennua.test
# Not at the top, where scanners look first, but in a folder of the theme, and of another system.
set -eu
mkdir -p /var/www/bennua.test/static/giao-dien/.svn
printf '12\n' > /var/www/bennua.test/static/giao-dien/.svn/entries
chmod -R a+rX /var/www/bennua.test/static/giao-dien
