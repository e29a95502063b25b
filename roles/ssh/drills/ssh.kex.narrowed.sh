#!/bin/sh
# hosts: web2 web1
# A list of nothing but sound methods, in which the post-quantum ones are missing.
set -eu
cat > /etc/ssh/sshd_config.d/00-aai.conf <<'SETTINGS'
KexAlgorithms curve25519-sha256,curve25519-sha256@libssh.org
SETTINGS
sed -i '1i Include /etc/ssh/sshd_config.d/00-aai.conf' /etc/ssh/sshd_config
