#!/bin/sh
# hosts: web1
# site: antruc.test
# All files are root's; one folder among hundreds lets the web server's group add some.
set -eu
chgrp www-data /var/www/antruc.test/wp-includes/blocks
chmod g+w /var/www/antruc.test/wp-includes/blocks
