#!/bin/sh
# hosts: web1 web2
# Somebody whose old program did not run took the drop-in away, and started sshd anew.
set -eu
rm /etc/systemd/system/ssh.service.d/zz-luytre.conf
systemctl daemon-reload
systemctl restart ssh
