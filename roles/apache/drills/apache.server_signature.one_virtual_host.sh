#!/bin/sh
# hosts: web2
# One virtual host turns it on again for itself.
set -eu
conf=/etc/apache2/sites-available/bennua.test.conf
sed -i 's#^</VirtualHost>#    <Location />\n        ServerSignature EMail\n    </Location>\n</VirtualHost>#' "$conf"
systemctl reload apache2
