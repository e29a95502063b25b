#!/bin/sh
# hosts: web1 web2
# Sixteen megabytes in total, in a section that comes twice.
set -eu
cat > /etc/systemd/journald.conf.d/zy-nho.conf <<'CONF'
[Journal]
SystemMaxUse=2G
# giảm dung lượng
[Journal]
SystemMaxUse=16M
CONF
