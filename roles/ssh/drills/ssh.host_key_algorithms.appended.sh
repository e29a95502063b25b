#!/bin/sh
# hosts: web2 web1
# A signature of the old kind added to a good list.
set -eu
cat > /etc/ssh/sshd_config.d/00-aak.conf <<'SETTINGS'
HostKeyAlgorithms +ssh-rsa
SETTINGS
sed -i '1i Include /etc/ssh/sshd_config.d/00-aak.conf' /etc/ssh/sshd_config
