#!/bin/sh
# hosts: web2
# site: bennua.test
# Satisfy Any lets an old-style Allow overrule the denial.
set -eu
conf=/etc/apache2/sites-available/bennua.test.conf
sed -i 's#^</VirtualHost>#    <LocationMatch "[.](sql|bak)">\n        Satisfy Any\n        Order allow,deny\n        Allow from all\n    </LocationMatch>\n</VirtualHost>#' "$conf"
systemctl reload apache2
