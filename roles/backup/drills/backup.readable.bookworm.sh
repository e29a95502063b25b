#!/bin/sh
# hosts: web2
# site: bennua.test
# Everybody may list and read.
set -eu
chmod 0755 /var/backups/web/bennua.test
