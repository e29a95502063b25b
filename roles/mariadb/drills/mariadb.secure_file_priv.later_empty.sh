#!/bin/sh
# hosts: web1 web2
# A later file sets it to nothing, which means everywhere.
set -eu
printf '[server]\nsecure_file_priv =\n' > /etc/mysql/mariadb.conf.d/zzz-xuat-tep.cnf
systemctl restart mariadb
