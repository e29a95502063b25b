#!/bin/sh
# hosts: web2 web3
# Host-based logins are off, but files of trusted hosts are heeded.
set -eu
cat > /etc/ssh/sshd_config.d/00-aan.conf <<'SETTINGS'
IgnoreRhosts no
SETTINGS
sed -i '1i Include /etc/ssh/sshd_config.d/00-aan.conf' /etc/ssh/sshd_config
