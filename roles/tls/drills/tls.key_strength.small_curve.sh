#!/bin/sh
# hosts: web3
# site: dongvau.test
# A curve of 224 bits, which OpenSSL still takes.
set -eu
cd /etc/nginx/ssl
openssl req -x509 -newkey rsa:2048 -nodes -days 400 -subj /CN=ca.test -keyout /tmp/ca.key -out /tmp/ca.crt 2>/dev/null
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:secp224r1 -nodes -subj /CN=dongvau.test -keyout dongvau.test.key 2>/dev/null |
    openssl x509 -req -days 300 -CA /tmp/ca.crt -CAkey /tmp/ca.key -CAcreateserial -out dongvau.test.crt 2>/dev/null
rm -f /tmp/ca.key /tmp/ca.crt /tmp/ca.srl
systemctl reload nginx
