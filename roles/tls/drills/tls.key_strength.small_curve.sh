#!/bin/sh
# hosts: web3
# site: dongvau.test
# A curve of 224 bits, which OpenSSL still takes.
set -eu
cd /etc/nginx/ssl
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:secp224r1 -nodes -days 400 -subj /CN=dongvau.test \
    -keyout dongvau.test.key -out dongvau.test.crt 2>/dev/null
systemctl reload nginx
