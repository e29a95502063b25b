#!/bin/sh
# hosts: web1
# site: antruc.test
# All eight are set and long, but one is the copy of another.
set -eu
config=/var/www/antruc.test/wp-config.php
value=$(sed -n "s/.*'AUTH_SALT', *'\([^']*\)'.*/\1/p" $config | head -1)
sed -i "s/\('NONCE_SALT', *'\)[^']*'/\1$value'/" $config
