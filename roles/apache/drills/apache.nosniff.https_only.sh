#!/bin/sh
# hosts: web2
# site: bennua.test
# The HTTPS virtual host was written anew; the other one still looks right.
set -eu
conf=/etc/apache2/sites-available/bennua.test.conf
sed -i '/<VirtualHost \*:443>/,$ { /luytre/d; /Luy Tre/d }' "$conf"
systemctl reload apache2
