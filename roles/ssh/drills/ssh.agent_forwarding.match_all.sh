#!/bin/sh
# hosts: web2 web3
# A Match block for everybody beats the general part.
set -eu
cat > /etc/ssh/sshd_config.d/31-moi-nguoi.conf <<'SETTINGS'
Match all
    AllowAgentForwarding yes
SETTINGS
