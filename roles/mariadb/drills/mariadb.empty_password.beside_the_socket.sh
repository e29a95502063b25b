#!/bin/sh
# hosts: web1 web2
# Logs in by the socket, and also with an empty password.
set -eu
mariadb -e "CREATE OR REPLACE USER 'baocao'@'localhost' IDENTIFIED VIA unix_socket OR mysql_native_password USING ''"
