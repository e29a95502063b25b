#!/bin/sh
# hosts: web1
# site: antruc.test
# On for whoever knows the parameter.
set -eu
sed -i "s|^.*'WP_DEBUG'.*\$|if ( isset( \$_GET['xem_loi'] ) ) { define( 'WP_DEBUG', true ); }|" /var/www/antruc.test/wp-config.php
grep -q xem_loi /var/www/antruc.test/wp-config.php
