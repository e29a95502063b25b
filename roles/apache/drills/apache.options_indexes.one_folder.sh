#!/bin/sh
# hosts: web2
# site: bennua.test
# One folder lists its files again, after the rules for the whole site.
set -eu
conf=/etc/apache2/sites-available/bennua.test.conf
sed -i 's#^</VirtualHost>#    <Location "/hinh/">\n        Options +Indexes\n    </Location>\n</VirtualHost>#' "$conf"
systemctl reload apache2
