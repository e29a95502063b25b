#!/bin/sh
# hosts: web2
# Not ALL PRIVILEGES: the one right to read and write files of the server.
set -eu
host=$(mariadb -N -B -e "SELECT Host FROM mysql.global_priv WHERE User = 'bennua' LIMIT 1")
mariadb -e "GRANT FILE ON *.* TO 'bennua'@'$host'"
