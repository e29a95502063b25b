#!/bin/sh
# hosts: web2 web3
# Only for one account, and by sshd's own default.
set -eu
cat > /etc/ssh/sshd_config.d/32-im-lang.conf <<'SETTINGS'
Match User luytre
    LogLevel INFO
SETTINGS
