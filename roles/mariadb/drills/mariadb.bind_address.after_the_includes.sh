#!/bin/sh
# hosts: web1 web2
# A section at the end of the main file, read after every drop-in.
set -eu
printf '\n[mariadbd]\nbind-address = 0.0.0.0\n' >> /etc/mysql/mariadb.cnf
systemctl restart mariadb
