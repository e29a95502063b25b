#!/bin/sh
# hosts: web1 web2
# Not '%' but a network, with a password.
set -eu
mariadb -e "CREATE OR REPLACE USER 'root'@'10.213.47.%' IDENTIFIED BY 'quan-tri-tu-xa'; GRANT ALL PRIVILEGES ON *.* TO 'root'@'10.213.47.%'"
