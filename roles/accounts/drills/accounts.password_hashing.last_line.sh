#!/bin/sh
# hosts: web3
# A second ENCRYPT_METHOD at the end of login.defs, which counts.
set -eu
printf 'ENCRYPT_METHOD MD5\n' >> /etc/login.defs
