#!/bin/sh
# hosts: web2
# In a site's file, outside its virtual hosts: sites are read after the drop-ins.
set -eu
sed -i '/^# Luy Tre/d; /^IncludeOptional .*luytre/d' /etc/apache2/apache2.conf
sed -i '1i ServerTokens OS' /etc/apache2/sites-available/bennua.test.conf
systemctl reload apache2
