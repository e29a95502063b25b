#!/bin/sh
# hosts: web1
# The configuration names a link; the key behind it is open to all.
set -eu
cd /etc/nginx/ssl
mkdir -p kho
mv antruc.test.key kho/antruc.key
ln -s kho/antruc.key antruc.test.key
chmod 0644 kho/antruc.key
systemctl reload nginx
