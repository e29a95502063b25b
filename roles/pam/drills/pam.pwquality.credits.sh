#!/bin/sh
# hosts: web2 web3
# minlen is still 14, but digits take 5 off it.
set -eu
printf 'dcredit = 5\n' >> /etc/security/pwquality.conf
