#!/bin/sh
# hosts: web2 web3
# A file that the main one includes before ours.
set -eu
cat > /etc/ssh/sshd_config.d/00-aao.conf <<'SETTINGS'
StrictModes no
SETTINGS
sed -i '1i Include /etc/ssh/sshd_config.d/00-aao.conf' /etc/ssh/sshd_config
