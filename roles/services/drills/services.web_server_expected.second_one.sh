#!/bin/sh
# hosts: web2 web3
# The declared server answers as always; another one answers beside it, on a port of its own.
set -eu
mkdir -p /srv/luytre-drill
systemctl is-active --quiet luytre-drill-web || systemd-run --quiet --unit=luytre-drill-web \
    --property=RuntimeMaxSec=600 /usr/bin/python3 -m http.server --directory /srv/luytre-drill 8080
sleep 1
