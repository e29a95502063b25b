#!/bin/sh
# hosts: web2 web3
# One weak method added to a good list.
set -eu
cat > /etc/ssh/sshd_config.d/00-aah.conf <<'SETTINGS'
KexAlgorithms +diffie-hellman-group14-sha1
SETTINGS
sed -i '1i Include /etc/ssh/sshd_config.d/00-aah.conf' /etc/ssh/sshd_config
