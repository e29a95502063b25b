#!/bin/sh
# hosts: web2 web3
# Plenty of bytes are free; there is no room for another file.
set -eu
mkdir -p /srv/luytre-drill-full
mountpoint -q /srv/luytre-drill-full || mount -t tmpfs -o size=1m,nr_inodes=20 tmpfs /srv/luytre-drill-full
for number in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19; do
    touch /srv/luytre-drill-full/$number 2>/dev/null || :
done
