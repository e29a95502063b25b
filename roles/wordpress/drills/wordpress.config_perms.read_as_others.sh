#!/bin/sh
# hosts: web1
# site: antruc.test
# Root's, so that the site reads it by the rights of others alone: closing it must not take it from the site.
set -eu
chown root:root /var/www/antruc.test/wp-config.php
chmod 644 /var/www/antruc.test/wp-config.php
