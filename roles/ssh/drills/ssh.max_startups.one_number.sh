#!/bin/sh
# hosts: web2 web3
# One number instead of three, in a file read after ours: of this setting sshd takes the last.
set -eu
cat > /etc/ssh/sshd_config.d/zz-nhieu-nguoi.conf <<'SETTINGS'
MaxStartups 200
SETTINGS
