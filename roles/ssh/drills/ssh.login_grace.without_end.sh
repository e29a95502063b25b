#!/bin/sh
# hosts: web2 web3
# 0 is no short time, but none.
set -eu
cat > /etc/ssh/sshd_config.d/00-aac.conf <<'SETTINGS'
LoginGraceTime 0
SETTINGS
sed -i '1i Include /etc/ssh/sshd_config.d/00-aac.conf' /etc/ssh/sshd_config
