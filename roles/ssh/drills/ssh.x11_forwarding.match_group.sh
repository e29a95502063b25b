#!/bin/sh
# hosts: web2 web3
# Only for one group.
set -eu
cat > /etc/ssh/sshd_config.d/30-nhom.conf <<'SETTINGS'
Match Group sudo
    X11Forwarding yes
SETTINGS
