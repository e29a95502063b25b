#!/bin/sh
# hosts: web2
# Apache's own page, closed to others by the package, given to everybody in one site.
set -eu
a2enmod -q status
sed -i 's#^</VirtualHost>#    <Location "/server-status">\n        SetHandler server-status\n        Require all granted\n    </Location>\n</VirtualHost>#' /etc/apache2/sites-available/bennua.test.conf
systemctl reload apache2
