#!/bin/sh
# hosts: web2
# For the server after everything, and for one virtual host.
set -eu
printf 'Timeout 900\n' >> /etc/apache2/apache2.conf
conf=/etc/apache2/sites-available/bennua.test.conf
sed -i 's#^</VirtualHost>#    Timeout 600\n</VirtualHost>#' "$conf"
systemctl reload apache2
