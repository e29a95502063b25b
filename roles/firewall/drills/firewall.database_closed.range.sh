#!/bin/sh
# hosts: web2 web3
# The port is not named: it lies in a range that was opened for something else, and a cache listens there.
set -eu
systemctl is-active --quiet luytre-drill-cache || systemd-run --quiet --unit=luytre-drill-cache \
    --property=RuntimeMaxSec=600 /usr/bin/python3 -m http.server --bind 0.0.0.0 --directory /srv 11211 2>/dev/null
nft insert rule inet luytre input tcp dport 11000-12000 accept
sleep 1
