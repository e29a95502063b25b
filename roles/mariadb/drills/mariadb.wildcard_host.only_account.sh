#!/bin/sh
# hosts: web2
# The site has no other account: it must go on serving with the same password.
set -eu
mariadb -e "RENAME USER 'bennua'@'localhost' TO 'bennua'@'%'; FLUSH PRIVILEGES"
