#!/bin/sh
# hosts: web1
# site: antruc.test
# Signed by somebody and in date, but for another name.
set -eu
cd /etc/nginx/ssl
openssl req -x509 -newkey rsa:2048 -nodes -days 400 -subj /CN=ca.test -keyout /tmp/ca.key -out /tmp/ca.crt 2>/dev/null
openssl req -new -key antruc.test.key -subj /CN=khac.test |
    openssl x509 -req -days 300 -CA /tmp/ca.crt -CAkey /tmp/ca.key -CAcreateserial -out antruc.test.crt 2>/dev/null
rm -f /tmp/ca.key /tmp/ca.crt /tmp/ca.srl
