#!/bin/sh
# hosts: web2
# site: bennua.test
# The usual advice of forums: 0777 for uploads and, since it did not help, 0666 for a script.
set -eu
install -d -m 0777 /var/www/bennua.test/uploads
chmod 0666 /var/www/bennua.test/tin.php
