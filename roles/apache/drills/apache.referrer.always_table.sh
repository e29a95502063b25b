#!/bin/sh
# hosts: web2
# site: bennua.test
# The other of the two tables of mod_headers sends a second, weaker value.
set -eu
conf=/etc/apache2/sites-available/bennua.test.conf
sed -i 's#^</VirtualHost>#    Header always set Referrer-Policy unsafe-url\n</VirtualHost>#' "$conf"
systemctl reload apache2
