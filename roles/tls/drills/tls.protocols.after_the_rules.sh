#!/bin/sh
# hosts: web2
# site: bennua.test
# After the rules, at the end of the virtual host, all protocols are back.
set -eu
sed -i '/<VirtualHost .*:443/,/<\/VirtualHost>/s#^</VirtualHost>#    SSLProtocol all -SSLv3\n&#' /etc/apache2/sites-available/bennua.test.conf
systemctl reload apache2
