#!/bin/sh
# hosts: web2
# A file that is read after the drop-in opens / again.
set -eu
printf '<Directory />\n    Require all granted\n    AllowOverride All\n</Directory>\n' > /etc/apache2/conf-enabled/zzz-mo-rong.conf
systemctl reload apache2
