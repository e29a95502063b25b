#!/bin/sh
# hosts: web3
# site: gotre.test
# The virtual host is still enabled, under a name with a slip of the pen.
set -eu
sed -i 's/\(server_name.*\)gotre\.test\(.*\)gotre\.test/\1gotre.tset\2gotre.tset/' /etc/nginx/sites-available/gotre.test
nginx -t -q
