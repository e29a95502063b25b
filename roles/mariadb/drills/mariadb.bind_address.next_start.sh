#!/bin/sh
# hosts: web2
# What runs is still closed; a file that sorts after ours opens it at the next start.
set -eu
printf '[mysqld]\nbind_address = *\n' > /etc/mysql/mariadb.conf.d/zzz-may-bao-cao.cnf
