#!/bin/sh
# hosts: web1 web2 web3
# Neither yes nor no, but a list of patterns.
set -eu
cat > /etc/ssh/sshd_config.d/00-aaj.conf <<'SETTINGS'
PermitUserEnvironment LANG,LD_*
SETTINGS
systemctl reload ssh
