#!/bin/sh
# hosts: web1 web2
# Turned on under the old group name, in a later file.
set -eu
printf '[mysqld]\nsymbolic_links = 1\n' > /etc/mysql/mariadb.conf.d/zzz-o-dia-moi.cnf
systemctl restart mariadb
