#!/bin/sh
# hosts: web3
# held: aside
# The link is root's, the file behind it is not.
set -eu
printf '# cu\n' > /etc/nginx/sites-available/cu.conf
chown www-data /etc/nginx/sites-available/cu.conf
ln -s ../sites-available/cu.conf /etc/nginx/conf.d/cu.conf
