#!/bin/sh
# hosts: web2 web3
# Not yes, but tunnels into the inner network are open.
set -eu
cat > /etc/ssh/sshd_config.d/00-aaf.conf <<'SETTINGS'
AllowTcpForwarding local
SETTINGS
sed -i '1i Include /etc/ssh/sshd_config.d/00-aaf.conf' /etc/ssh/sshd_config
