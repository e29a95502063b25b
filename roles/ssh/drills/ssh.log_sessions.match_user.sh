#!/bin/sh
# hosts: web2 web3
# Only for one account, and by sshd's own default.
set -eu
cat > /etc/ssh/sshd_config.d/33-it-nhat-ky.conf <<'SETTINGS'
Match User quantri
    LogLevel INFO
SETTINGS
