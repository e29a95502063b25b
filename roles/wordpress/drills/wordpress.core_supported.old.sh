#!/bin/sh
# hosts: web1
# site: antruc.test
# The version that the code says, not the one in a readme.
set -eu
sed -i "s|^\$wp_version = .*|\$wp_version = '6.4.3';|" /var/www/antruc.test/wp-includes/version.php
