#!/bin/sh
# hosts: web2
# site: bennua.test
# Weak ciphers at the end of the virtual host.
set -eu
sed -i '/<VirtualHost .*:443/,/<\/VirtualHost>/s#^</VirtualHost>#    SSLCipherSuite ALL:@SECLEVEL=0\n&#' /etc/apache2/sites-available/bennua.test.conf
systemctl reload apache2
