#!/bin/sh
# hosts: web2 web3
# last: whoever adds an account writes this copy anew
# Not /etc/shadow itself: the copy of it that passwd leaves behind.
set -eu
cp -p /etc/shadow /etc/shadow-
chmod 644 /etc/shadow-
