#!/bin/sh
# hosts: web2
# site: bennua.test
# Somebody made the configuration readable again, and gave it back to root's group.
set -eu
chown root:root /var/www/bennua.test/config.php
chmod 0644 /var/www/bennua.test/config.php
