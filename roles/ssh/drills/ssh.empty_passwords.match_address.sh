#!/bin/sh
# hosts: web2 web3
# Only for some addresses.
set -eu
cat > /etc/ssh/sshd_config.d/20-mang-noi-bo.conf <<'SETTINGS'
Match Address 192.0.2.0/24,198.51.100.0/24
    PermitEmptyPasswords yes
SETTINGS
