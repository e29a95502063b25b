#!/bin/sh
# hosts: web2
# site: bennua.test
# Conditions come after all else, and the last one that asks decides.
set -eu
printf '%s\n' '<If "%{REQUEST_METHOD} == '"'TRACK'"'">' '    Require all granted' '</If>' > /etc/apache2/luytre-theo-doi.inc
sed -i '/<VirtualHost .*:443/,/<\/VirtualHost>/s#^</VirtualHost>#    Include luytre-theo-doi.inc\n&#' /etc/apache2/sites-available/bennua.test.conf
systemctl reload apache2
