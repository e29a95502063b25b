#!/bin/sh
# hosts: web2
# site: bennua.test
# A later command of OpenSSL's at the end of the virtual host.
set -eu
sed -i '/<VirtualHost .*:443/,/<\/VirtualHost>/s#^</VirtualHost>#    SSLOpenSSLConfCmd Groups X25519:X448\n&#' /etc/apache2/sites-available/bennua.test.conf
systemctl reload apache2
