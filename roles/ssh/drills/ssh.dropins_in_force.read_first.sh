#!/bin/sh
# hosts: web2 web3
# Sound by itself, but it beats what was approved.
set -eu
cat > /etc/ssh/sshd_config.d/00-aam.conf <<'SETTINGS'
LoginGraceTime 45
SETTINGS
sed -i '1i Include /etc/ssh/sshd_config.d/00-aam.conf' /etc/ssh/sshd_config
