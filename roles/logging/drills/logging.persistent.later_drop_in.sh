#!/bin/sh
# hosts: web2 web3
# The main file says persistent; a drop-in below /run, whose name sorts after most, says volatile.
set -eu
printf '[Journal]\nStorage=persistent\n' > /etc/systemd/journald.conf
mkdir -p /run/systemd/journald.conf.d
printf '[Journal]\nStorage=volatile\n' > /run/systemd/journald.conf.d/zy-tiet-kiem.conf
rm -f /etc/systemd/journald.conf.d/zz-luytre.conf
systemctl restart systemd-journald
