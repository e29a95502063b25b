#!/bin/sh
# hosts: web1 web2
# last: a restart of MariaDB turns it off
# Not in any file: turned on while it runs, into a table.
set -eu
mariadb -e "SET GLOBAL log_output = 'TABLE'; SET GLOBAL general_log = ON"
