#!/bin/sh
# hosts: web2 web3
# Neither yes nor no, but a list of patterns.
set -eu
cat > /etc/ssh/sshd_config.d/00-aaj.conf <<'SETTINGS'
PermitUserEnvironment LANG,LD_*
SETTINGS
sed -i '1i Include /etc/ssh/sshd_config.d/00-aaj.conf' /etc/ssh/sshd_config
