#!/bin/sh
# hosts: web1 web2
# The log itself is where it was, but nothing is told to it any more.
set -eu
mariadb -e "SET GLOBAL log_warnings = 0"
