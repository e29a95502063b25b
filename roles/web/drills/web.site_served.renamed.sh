#!/bin/sh
# hosts: web2
# site: bennua.test
# alone: its site is gone for every other check
# The virtual host is still enabled, under a name with a slip of the pen.
set -eu
sed -i '/^\s*Server\(Name\|Alias\)\s/s/bennua\.test/bennua.tset/g' /etc/apache2/sites-available/bennua.test.conf
apache2ctl configtest
