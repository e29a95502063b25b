#!/bin/sh
# hosts: web2
# held: aside
# The enabled file is a link; what it leads to is the web user's.
set -eu
printf '# cu\n' > /etc/apache2/conf-available/cu.conf
chown www-data /etc/apache2/conf-available/cu.conf
ln -s ../conf-available/cu.conf /etc/apache2/conf-enabled/cu.conf
chmod 0664 /etc/apache2/ports.conf
chmod 0777 /etc/apache2/sites-available
