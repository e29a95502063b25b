#!/bin/sh
# hosts: web2 web3
# A file of somebody's own, read after Debian's 20auto-upgrades, turns everything off with the master switch.
set -eu
printf 'APT::Periodic::Enable "0";\nAPT::Periodic::Unattended-Upgrade "0";\n' > /etc/apt/apt.conf.d/99tat-cap-nhat
rm /etc/apt/apt.conf.d/zzz-luytre.conf
