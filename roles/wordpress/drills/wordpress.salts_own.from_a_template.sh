#!/bin/sh
# hosts: web1
# site: antruc.test
# Another site on the machine was made from a copy of this one, keys and all.
set -eu
mkdir -p /var/www/ban-sao.test/public/wp-includes
cp /var/www/antruc.test/wp-includes/version.php /var/www/ban-sao.test/public/wp-includes/
cp /var/www/antruc.test/wp-config.php /var/www/ban-sao.test/public/
