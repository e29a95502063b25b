#!/bin/sh
# hosts: web1 web2
# Mode 0644, as every other drop-in has it, but this one holds a password.
set -eu
printf '[mysqldump]\nuser = saoluu\npassword = "chep-hang-dem"\n' > /etc/mysql/conf.d/sao-luu.cnf
chmod 644 /etc/mysql/conf.d/sao-luu.cnf
