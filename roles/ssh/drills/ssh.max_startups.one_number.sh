#!/bin/sh
# hosts: web1 web2 web3
# One number instead of three.
set -eu
cat > /etc/ssh/sshd_config.d/00-aad.conf <<'SETTINGS'
MaxStartups 200
SETTINGS
systemctl reload ssh
