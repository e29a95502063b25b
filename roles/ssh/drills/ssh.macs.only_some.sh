#!/bin/sh
# hosts: web2 web3
# A list of its own, with one weak member among strong ones.
set -eu
cat > /etc/ssh/sshd_config.d/00-aai.conf <<'SETTINGS'
MACs hmac-sha2-512-etm@openssh.com,hmac-sha1-96,hmac-sha2-256
SETTINGS
sed -i '1i Include /etc/ssh/sshd_config.d/00-aai.conf' /etc/ssh/sshd_config
