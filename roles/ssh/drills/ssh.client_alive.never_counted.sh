#!/bin/sh
# hosts: web2 web3
# The interval stays, but 0 answers are waited for: nobody is ever dropped.
set -eu
cat > /etc/ssh/sshd_config.d/00-aae.conf <<'SETTINGS'
ClientAliveCountMax 0
SETTINGS
sed -i '1i Include /etc/ssh/sshd_config.d/00-aae.conf' /etc/ssh/sshd_config
