#!/bin/sh
# hosts: web2
# site: bennua.test
# A relative link by way of a second one, ending at another place of the machine.
set -eu
mkdir -p /var/www/bennua.test/tai-lieu
ln -s ../tai-lieu/../../../.. /var/www/bennua.test/tai-lieu/cu
