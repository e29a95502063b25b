#!/bin/sh
# hosts: web3
# site: gotre.test
# A sticky folder: nobody can delete another's file there, but everybody can add one.
set -eu
install -d -m 1777 /var/www/gotre.test/nhan-tep
