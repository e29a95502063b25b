#!/bin/sh
# hosts: web2 web3
# seen by: hunt
# A module lies among those of the web server that no package brought. No setting loads it.
set -eu
modules=/usr/lib/apache2/modules
[ -d "$modules" ] || modules=/usr/lib/nginx/modules
mkdir -p "$modules"
cp /usr/lib/x86_64-linux-gnu/libm.so.6 "$modules/mod_luytre_lab.so"
