#!/bin/sh
# hosts: web2 web3
# held: by hand
# The mode is as it should be; the owner may change it at will.
set -eu
chown www-data /etc/gshadow
