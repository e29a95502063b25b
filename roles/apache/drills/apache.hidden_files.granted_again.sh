#!/bin/sh
# hosts: web2
# site: bennua.test
# A later section grants what an earlier one denies.
set -eu
conf=/etc/apache2/sites-available/bennua.test.conf
sed -i 's#^</VirtualHost>#    <LocationMatch "/[.]git/">\n        Require all granted\n    </LocationMatch>\n</VirtualHost>#' "$conf"
systemctl reload apache2
