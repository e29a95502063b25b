#!/bin/sh
# hosts: web2
# site: bennua.test
# The folder is root's; the .htaccess in it is the web user's.
set -eu
touch /var/www/bennua.test/.htaccess
chown www-data /var/www/bennua.test/.htaccess
