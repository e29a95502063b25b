#!/bin/sh
# hosts: web1 web2
# Closed to others, in a service account's home, with the spaces as the client writes them.
set -eu
printf '_HiStOrY_V2_\nCREATE\\040USER\\040kho@localhost\\040IDENTIFIED\\040BY\\040"mat-khau-cu";\n' > /var/www/.mysql_history
chmod 600 /var/www/.mysql_history
