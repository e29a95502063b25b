#!/bin/sh
# hosts: web2
# The enabled site is a link; what it leads to is the web user's.
set -eu
chown www-data /etc/apache2/sites-available/bennua.test.inc
chmod 0664 /etc/apache2/ports.conf
chmod 0777 /etc/apache2/conf-available
