#!/bin/sh
# hosts: web1 web3
# No NOPASSWD anywhere: Defaults for an alias frees it from the password.
set -eu
useradd -r -M -d /nonexistent -s /usr/sbin/nologin lichtuan
cat > /etc/sudoers.d/lich-tuan <<'RULES'
User_Alias VIEC = lichtuan
Defaults:VIEC !authenticate
VIEC ALL=(nobody) /usr/bin/id
RULES
chmod 0440 /etc/sudoers.d/lich-tuan
