#!/bin/sh
# hosts: web2
# The module is there and is told not to cut anything.
set -eu
sed -i '/^# Luy Tre/d; /^IncludeOptional .*luytre/d' /etc/apache2/apache2.conf
printf 'RequestReadTimeout header=0 body=0\n' > /etc/apache2/conf-enabled/zzz-cham.conf
systemctl reload apache2
