#!/bin/sh
# hosts: web1
# unattended-upgrades runs every day, but the security source was cleared from its list of origins.
set -eu
cat > /etc/apt/apt.conf.d/zzz-luytre.conf <<'CONF'
APT::Periodic::Update-Package-Lists "1";
APT::Periodic::Unattended-Upgrade "1";
#clear Unattended-Upgrade::Origins-Pattern;
#clear Unattended-Upgrade::Allowed-Origins;
Unattended-Upgrade::Origins-Pattern { "origin=Debian,codename=${distro_codename},label=Debian"; };
CONF
