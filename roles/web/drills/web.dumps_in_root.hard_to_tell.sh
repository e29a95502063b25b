#!/bin/sh
# hosts: web3
# site: dongvau.test
# An archive of the whole site in a sub folder, group-readable for the web server only.
set -eu
mkdir -p /var/www/dongvau.test/luu-tru
printf 'x' > /var/www/dongvau.test/luu-tru/dongvau.tar.gz
chgrp www-data /var/www/dongvau.test/luu-tru/dongvau.tar.gz
chmod 0640 /var/www/dongvau.test/luu-tru/dongvau.tar.gz
