#!/bin/sh
# hosts: web2
# The site has no grant of its own any more: closing / must not take it down.
set -eu
sed -i '/Require all granted/d' /etc/apache2/sites-available/bennua.test.inc
sed -i '/<Directory \/var\/www\/>/,/<\/Directory>/d' /etc/apache2/apache2.conf
printf '<Directory />\n    Require all granted\n</Directory>\n' >> /etc/apache2/apache2.conf
systemctl reload apache2
