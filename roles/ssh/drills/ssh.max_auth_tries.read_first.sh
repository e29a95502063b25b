#!/bin/sh
# hosts: web1 web2 web3
# A file that is read before ours, and the first value counts.
set -eu
cat > /etc/ssh/sshd_config.d/00-aab.conf <<'SETTINGS'
MaxAuthTries 10
SETTINGS
systemctl reload ssh
