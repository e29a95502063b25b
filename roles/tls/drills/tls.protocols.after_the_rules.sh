#!/bin/sh
# hosts: web2
# site: bennua.test
# After the rules, at the end of the virtual host, all protocols are back, with what OpenSSL needs to speak them.
set -eu
sed -i '/<VirtualHost .*:443/,/<\/VirtualHost>/s#^</VirtualHost>#    SSLProtocol all -SSLv3\n    SSLCipherSuite ALL:@SECLEVEL=0\n&#' /etc/apache2/sites-available/bennua.test.conf
systemctl reload apache2
