#!/bin/sh
# hosts: web2 web3
# Its owner exists; its group was deleted.
set -eu
touch /var/backups/luytre-drill-old
chown root:23456 /var/backups/luytre-drill-old
