#!/bin/sh
# hosts: web2
# What runs is still closed; a section behind everything else, our own included, opens it at the next start.
set -eu
printf '\n[mysqld]\nbind_address = *\n' >> /etc/mysql/mariadb.cnf
