#!/bin/sh
# hosts: web2
# A copy of the key is kept in one file with the certificate, which everybody may read.
set -eu
cat /etc/ssl/private/bennua.test.key >> /etc/ssl/certs/bennua.test.crt
chmod 0644 /etc/ssl/certs/bennua.test.crt
systemctl reload apache2
