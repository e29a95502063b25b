#!/bin/sh
# hosts: web2
# Beside an include folder that a declared administrator may write, whom sudo makes root: nothing there decides it.
set -eu
usermod -aG sudo quantri
install -d -o quantri -g quantri -m 755 /etc/apache2/quantri.d
printf 'Define luytre_thu\n' > /etc/apache2/quantri.d/thu.conf
chown quantri:quantri /etc/apache2/quantri.d/thu.conf
printf 'IncludeOptional quantri.d/*.conf\nServerTokens Full\n' >> /etc/apache2/apache2.conf
apache2ctl configtest
systemctl reload apache2
