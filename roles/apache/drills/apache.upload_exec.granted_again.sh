#!/bin/sh
# hosts: web2
# site: bennua.test
# A plug-in's folder below the uploads is granted again.
set -eu
conf=/etc/apache2/sites-available/bennua.test.conf
sed -i 's#^</VirtualHost>#    <Location "/uploads/">\n        Require all granted\n    </Location>\n</VirtualHost>#' "$conf"
systemctl reload apache2
