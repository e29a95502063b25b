#!/bin/sh
# hosts: web1
# last: a restart of MariaDB turns it off
# The files say off; somebody turned it on while it runs.
set -eu
mariadb -e "SET GLOBAL local_infile = ON"
