#!/bin/sh
# hosts: web1 web2
# Everything that tells when the lists were last fetched is forty days old; the lists themselves look as always.
set -eu
touch -d '40 days ago' /var/lib/apt/lists /var/lib/apt/lists/partial
for stamp in /var/lib/apt/periodic/update-success-stamp /var/lib/apt/periodic/update-stamp; do
    [ ! -e "$stamp" ] || touch -d '40 days ago' "$stamp"
done
