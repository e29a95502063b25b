#!/bin/sh
# hosts: web2
# The files are kept; the journal, where sshd and sudo write, is dropped after two days.
set -eu
mkdir -p /etc/systemd/journald.conf.d
rm -f /etc/systemd/journald.conf.d/zz-luytre.conf
printf '[Journal]\nStorage=persistent\nMaxRetentionSec=2day 30min\n' > /etc/systemd/journald.conf.d/ngan.conf
