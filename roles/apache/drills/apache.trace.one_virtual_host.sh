#!/bin/sh
# hosts: web2
# One virtual host answers TRACE again, after everything else in it.
set -eu
conf=/etc/apache2/sites-available/bennua.test.conf
sed -i 's#^</VirtualHost>#    TraceEnable extended\n</VirtualHost>#' "$conf"
systemctl reload apache2
