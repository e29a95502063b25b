#!/bin/sh
# hosts: web2 web3
# Fewer than Debian's own, in a line of somebody else's.
set -eu
printf 'SHA_CRYPT_MIN_ROUNDS 1000\nSHA_CRYPT_MAX_ROUNDS 1000\n' >> /etc/login.defs
