#!/bin/sh
# hosts: web2
# Only the right to enter, without the right to list.
set -eu
chmod 751 /var/lib/mysql
