#!/bin/sh
# hosts: web2 web3
# One weak cipher added to a good list.
set -eu
cat > /etc/ssh/sshd_config.d/00-aag.conf <<'SETTINGS'
Ciphers +aes256-cbc
SETTINGS
sed -i '1i Include /etc/ssh/sshd_config.d/00-aag.conf' /etc/ssh/sshd_config
