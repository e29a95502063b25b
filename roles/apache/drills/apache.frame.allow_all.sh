#!/bin/sh
# hosts: web2
# site: bennua.test
# A later header replaces the good value.
set -eu
conf=/etc/apache2/sites-available/bennua.test.conf
sed -i 's#^</VirtualHost>#    Header set X-Frame-Options ALLOWALL\n</VirtualHost>#' "$conf"
systemctl reload apache2
