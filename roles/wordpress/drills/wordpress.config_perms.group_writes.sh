#!/bin/sh
# hosts: web1
# site: antruc.test
# Closed to others, but the web server's group may change it.
set -eu
chown root:www-data /var/www/antruc.test/wp-config.php
chmod 660 /var/www/antruc.test/wp-config.php
