#!/bin/sh
# hosts: web1 web2 web3
# A file that is read before ours.
set -eu
cat > /etc/ssh/sshd_config.d/00-aal.conf <<'SETTINGS'
StrictModes no
SETTINGS
systemctl reload ssh
