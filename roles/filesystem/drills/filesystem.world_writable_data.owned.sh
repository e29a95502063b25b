#!/bin/sh
# hosts: web2 web3
# It belongs to the web server, is no site, and everybody may replace what lies in it.
set -eu
mkdir -p /srv/luytre-drill-data
chown www-data /srv/luytre-drill-data
chmod 777 /srv/luytre-drill-data
