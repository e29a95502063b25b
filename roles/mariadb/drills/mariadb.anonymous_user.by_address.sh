#!/bin/sh
# hosts: web1 web2
# Not ''@localhost but one for the address, and with a password of its own.
set -eu
mariadb -e "CREATE OR REPLACE USER ''@'127.0.0.1' IDENTIFIED BY 'khach-vang-lai'"
