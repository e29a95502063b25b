#!/bin/sh
# hosts: web2
# last: a file that is read later may say off again
# Off while it runs; an option with a prefix, an underscore and no value turns it on at the next start.
set -eu
printf '[mariadb]\nloose_local_infile\n' > /etc/mysql/mariadb.conf.d/zzz-nap-du-lieu.cnf
