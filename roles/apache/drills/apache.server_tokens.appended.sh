#!/bin/sh
# hosts: web2
# At the very end of apache2.conf, after every drop-in: what many guides tell people to do.
set -eu
printf 'ServerTokens Full\n' >> /etc/apache2/apache2.conf
systemctl reload apache2
