#!/bin/sh
# hosts: web3
# site: gotre.test
# alone: its site is gone for every other check
# The virtual host is still enabled, under a name with a slip of the pen.
set -eu
sed -i '/^\s*server_name\s/s/gotre\.test/gotre.tset/g' /etc/nginx/sites-available/*
nginx -t -q
