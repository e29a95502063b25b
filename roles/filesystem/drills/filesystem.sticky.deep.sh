#!/bin/sh
# hosts: web2 web3
# Far down, below a folder that looks like all others.
set -eu
mkdir -p /usr/local/lib/luytre-drill/plugins/cache
chmod 777 /usr/local/lib/luytre-drill/plugins/cache
