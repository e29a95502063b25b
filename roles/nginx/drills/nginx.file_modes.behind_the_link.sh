#!/bin/sh
# hosts: web3
# The link is root's, the file behind it is not.
set -eu
chown www-data /etc/nginx/sites-available/gotre.test
