#!/bin/sh
# hosts: web2
# site: bennua.test
# Every file is root's and 0644; the folder is the web account's, so that any of them can be replaced.
set -eu
chown www-data /var/www/bennua.test/lib
