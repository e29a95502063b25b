#!/bin/sh
# hosts: web2
# No virtual host of its own: one more ServerAlias on the declared one.
set -eu
sed -i '0,/^\s*ServerAlias.*/s//&\n    ServerAlias khach.bennua.test/' /etc/apache2/sites-available/bennua.test.*
grep -q khach.bennua.test /etc/apache2/sites-available/*
